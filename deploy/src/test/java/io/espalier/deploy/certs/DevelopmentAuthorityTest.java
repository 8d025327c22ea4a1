package io.espalier.deploy.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevelopmentAuthorityTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path directory;

  @Test
  void its_certificates_are_those_of_nodes_and_its_keys_are_for_their_owner_alone()
      throws Exception {
    Path host = DevelopmentAuthority.in(directory, Clock.systemUTC()).issue("head1", YEAR);
    Path other = DevelopmentAuthority.in(directory, Clock.systemUTC()).issue("10.0.0.7", YEAR);

    try (NodeCertificates first = NodeCertificates.in(host);
        NodeCertificates second = NodeCertificates.in(other)) {
      assertThat(connect(first, second)).isTrue();
      assertThat(connect(second, first)).isTrue();
      assertThat(chain(first)[0].getSubjectAlternativeNames().toString()).contains("head1");
      assertThat(chain(second)[0].getSubjectAlternativeNames().toString()).contains("10.0.0.7");
    }
    for (Path key : new Path[] {directory.resolve("ca.key"), host.resolve("tls.key")}) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void a_node_of_another_authority_or_whose_time_is_over_is_none() throws Exception {
    Path own = DevelopmentAuthority.in(directory.resolve("a"), Clock.systemUTC()).issue("a", YEAR);
    Path foreign =
        DevelopmentAuthority.in(directory.resolve("b"), Clock.systemUTC()).issue("a", YEAR);
    Path old =
        DevelopmentAuthority.in(directory.resolve("a"), Clock.systemUTC())
            .issue("old", Duration.ofMinutes(-1));

    try (NodeCertificates mine = NodeCertificates.in(own);
        NodeCertificates theirs = NodeCertificates.in(foreign);
        NodeCertificates over = NodeCertificates.in(old)) {
      assertThat(connect(mine, mine)).isTrue();
      assertThat(connect(mine, theirs)).isFalse();
      assertThat(connect(theirs, mine)).isFalse();
      assertThat(connect(mine, over)).isFalse();
    }
  }

  @Test
  void new_files_are_taken_up_and_broken_ones_are_not() throws Exception {
    DevelopmentAuthority authority = DevelopmentAuthority.in(directory, Clock.systemUTC());
    Path host = authority.issue("head1", YEAR);
    try (NodeCertificates certificates = NodeCertificates.in(host)) {
      X509Certificate first = chain(certificates)[0];

      authority.issue("head1", YEAR);
      touch(host);
      certificates.look();
      X509Certificate second = chain(certificates)[0];
      assertThat(second).isNotEqualTo(first);

      Files.writeString(host.resolve(NodeCertificates.KEY), "half a file");
      touch(host);
      certificates.look();
      assertThat(chain(certificates)[0]).isEqualTo(second);
    }
  }

  @Test
  void what_is_wrong_with_a_directory_is_said_with_its_file() throws IOException {
    Path host = DevelopmentAuthority.in(directory, Clock.systemUTC()).issue("head1", YEAR);
    Path other = DevelopmentAuthority.in(directory, Clock.systemUTC()).issue("head2", YEAR);
    Files.copy(
        other.resolve(NodeCertificates.KEY),
        host.resolve(NodeCertificates.KEY),
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> NodeCertificates.in(host))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("tls.key is not the key of tls.crt");
    Files.delete(host.resolve(NodeCertificates.AUTHORITY));
    assertThatThrownBy(() -> NodeCertificates.in(host))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("there is no file")
        .hasMessageContaining("ca.crt");
    assertThatThrownBy(
            () -> DevelopmentAuthority.in(directory, Clock.systemUTC()).issue("../up", YEAR))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is no host");
  }

  /** Whether a byte comes through, both ends having shown their certificates. */
  private static boolean connect(NodeCertificates server, NodeCertificates client)
      throws Exception {
    try (var listening =
        (SSLServerSocket)
            server
                .context()
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      listening.setNeedClientAuth(true);
      CompletableFuture<Integer> heard = CompletableFuture.supplyAsync(() -> read(listening));
      try (Socket socket =
          client
              .context()
              .getSocketFactory()
              .createSocket(listening.getInetAddress(), listening.getLocalPort())) {
        socket.getOutputStream().write(7);
        socket.getOutputStream().flush();
      } catch (IOException refused) {
        // What matters is what was heard.
      }
      return heard.get(10, TimeUnit.SECONDS) == 7;
    }
  }

  private static int read(SSLServerSocket listening) {
    try (Socket socket = listening.accept()) {
      return socket.getInputStream().read();
    } catch (IOException refused) {
      return -1;
    }
  }

  private static X509Certificate[] chain(NodeCertificates certificates) {
    return certificates.keys().getCertificateChain("default");
  }

  private static void touch(Path host) throws IOException {
    Files.setLastModifiedTime(
        host.resolve(NodeCertificates.KEY), FileTime.from(Instant.now().plusSeconds(60)));
  }
}
