package io.espalier.worker.memory;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this process has of the host's memory, and could have, in bytes, as Linux tells it. */
public class HostMemory implements DeviceMemory {
  private static final Logger log = LoggerFactory.getLogger(HostMemory.class);
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path MACHINE = Path.of("/proc/meminfo");
  private static final Path REFERENCES = Path.of("/proc/self/clear_refs");

  @Override
  public long resident() {
    return read(STATUS, "VmRSS:").orElse(0);
  }

  @Override
  public long peak() {
    return read(STATUS, "VmHWM:").orElse(0);
  }

  @Override
  public boolean restartPeak() {
    try {
      // 5: the peak only (proc(5)).
      Files.writeString(REFERENCES, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private interface Libc extends Library {
    Libc HERE = Native.load("c", Libc.class);

    int malloc_trim(NativeLong kept);
  }

  /** Of glibc; other C libraries keep little. */
  @Override
  public void trim() {
    try {
      Libc.HERE.malloc_trim(new NativeLong(0));
    } catch (LinkageError e) {
      log.debug("free memory is not given back", e);
    }
  }

  /** Without swapping, by the machine and by the container's limit. */
  @Override
  public OptionalLong available() {
    OptionalLong free = read(MACHINE, "MemAvailable:");
    if (free.isEmpty()) {
      return free;
    }
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    // The JDK's total is the container's limit where there is one.
    return OptionalLong.of(Math.min(free.getAsLong(), system.getTotalMemorySize() - resident()));
  }

  private static OptionalLong read(Path file, String key) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(key)) {
          return OptionalLong.of(1024 * Long.parseLong(line.replaceAll("\\D", "")));
        }
      }
    } catch (IOException e) {
      return OptionalLong.empty();
    }
    return OptionalLong.empty();
  }
}
