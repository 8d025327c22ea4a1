package io.espalier.worker.train;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Precision;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.StreamSupport;

/**
 * For bench/: one trial as a worker runs it, in blocks. Each line of standard input is a number of
 * updates; the answer is {@code seconds}, the wall and the CPU seconds that they took. Arguments:
 * model, rows (JSONL with input_ids and labels), intra-op threads, an empty directory, then
 * training keys as {@code key=value}.
 */
final class UpdateTimes implements BranchListener {
  private final int threads;
  private final BufferedReader blocks =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private Runnable stop = () -> {};
  private long left = 1;
  private long wall;
  private long cpu;

  private UpdateTimes(int threads) {
    this.threads = threads;
  }

  public static void main(String[] arguments) throws IOException {
    List<TokenRow> rows = rows(Path.of(arguments[1]));
    Map<String, String> training = new HashMap<>();
    for (int i = 4; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=", 2);
      training.put(pair[0], pair[1]);
    }
    var times = new UpdateTimes(Integer.parseInt(arguments[2]));
    Path directory = Path.of(arguments[0]);
    ModelConfig config = ModelConfig.read(directory);
    Training asked = Hyperparameters.of(training).training();
    Precision precision = Precision.of(asked.torchDtype(), config);
    try (BaseModel model = BaseModel.load(directory, config, precision, Device.cpu())) {
      var lease =
          Leases.lease(asked, Leases.NON_FINITE_ONLY, Path.of(arguments[3]), Integer.MAX_VALUE);
      var data = new TokenizedDataset(rows, List.of(), Set.of(), lease.dataset());
      var run = new BranchRun(lease, model, data, tokens -> "", times);
      times.stop = () -> run.stop(new Outcome.Completed());
      Packs.alone(run);
    }
  }

  private static List<TokenRow> rows(Path file) throws IOException {
    var rows = new ArrayList<TokenRow>();
    var mapper = new ObjectMapper();
    for (String line : Files.readAllLines(file)) {
      JsonNode row = mapper.readTree(line);
      rows.add(new TokenRow(ints(row.get("input_ids")), ints(row.get("labels"))));
    }
    return rows;
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  @Override
  public void measured(
      long update, double epoch, long samples, long tokens, Measurement measurement) {
    if (measurement instanceof Measurement.Update && --left == 0) {
      double seconds = (System.nanoTime() - wall) * 1e-9;
      System.out.println("seconds " + seconds + " " + (cpuTime() - cpu) * 1e-9);
      // Kept per thread, and this is the one that trains.
      JniUtils.setNumThreads(threads);
      next();
      wall = System.nanoTime();
      cpu = cpuTime();
    }
  }

  private void next() {
    try {
      String line = blocks.readLine();
      if (line == null) {
        stop.run();
      } else {
        left = Long.parseLong(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long cpuTime() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
