package io.espalier.common.tls;

import io.espalier.common.UserError;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's certificate with its key, and the authority whose certificates it takes for nodes of its
 * cluster: {@code tls.crt}, {@code tls.key} and {@code ca.crt} of a directory, as Kubernetes mounts
 * a TLS secret. Connections made after the files have changed use the new ones; files that cannot
 * be used leave the old ones in force. Owns a thread that looks; {@link #close} ends it.
 */
public final class NodeCertificates implements AutoCloseable {
  /** PEM: the certificate, then those of authorities between it and the root, if any. */
  public static final String CERTIFICATE = "tls.crt";

  /** PEM, PKCS #8, RSA or elliptic curve, without a password. */
  public static final String KEY = "tls.key";

  /** PEM: one authority or several, while one takes another's place. */
  public static final String AUTHORITY = "ca.crt";

  private static final Logger LOG = LoggerFactory.getLogger(NodeCertificates.class);
  private static final long LOOK_SECONDS = 10;

  private final Path directory;
  private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
  private final AdvancedTlsX509TrustManager trust;
  private final ScheduledExecutorService looking;
  private List<FileTime> seen;

  private NodeCertificates(Path directory) throws IOException, GeneralSecurityException {
    this.directory = directory;
    // Who has a certificate of this authority is a node: workers are reached by changing addresses.
    this.trust =
        AdvancedTlsX509TrustManager.newBuilder()
            .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
            .build();
    this.seen = times();
    load();
    this.looking =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "certificates");
              thread.setDaemon(true);
              return thread;
            });
    looking.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * @throws UserError naming the file that is missing or cannot be used
   */
  public static NodeCertificates in(Path directory) {
    try {
      return new NodeCertificates(directory);
    } catch (IOException | GeneralSecurityException e) {
      throw unusable(directory, e);
    }
  }

  /** What a server shows, and a client that is asked for it. */
  public X509ExtendedKeyManager keys() {
    return keys;
  }

  /** Who is a node of this cluster. */
  public X509TrustManager trust() {
    return trust;
  }

  /** For connections of nodes with each other. */
  public SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has TLS", e);
    }
  }

  /** Takes up files that have changed; it does so by itself every few seconds. */
  public synchronized void look() {
    try {
      List<FileTime> now = times();
      if (!now.equals(seen)) {
        load();
        seen = now;
        LOG.info("{} was read again", directory.resolve(CERTIFICATE));
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      LOG.warn("The certificates stay as they were: {}", unusable(directory, e).getMessage());
    }
  }

  private List<FileTime> times() throws IOException {
    return List.of(
        Files.getLastModifiedTime(directory.resolve(CERTIFICATE)),
        Files.getLastModifiedTime(directory.resolve(KEY)),
        Files.getLastModifiedTime(directory.resolve(AUTHORITY)));
  }

  private void load() throws IOException, GeneralSecurityException {
    X509Certificate[] chain = certificates(directory.resolve(CERTIFICATE));
    PrivateKey key = key(directory.resolve(KEY));
    if (!belong(chain[0], key)) {
      // Also for a moment while both are being replaced.
      throw new GeneralSecurityException(KEY + " is not the key of " + CERTIFICATE);
    }
    trust.updateTrustCredentials(certificates(directory.resolve(AUTHORITY)));
    keys.updateIdentityCredentials(chain, key);
  }

  private static X509Certificate[] certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      X509Certificate[] found = CertificateUtils.getX509Certificates(in);
      if (found.length == 0) {
        throw new GeneralSecurityException(file.getFileName() + " has no certificate");
      }
      return found;
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      return CertificateUtils.getPrivateKey(in);
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      throw new GeneralSecurityException(
          file.getFileName() + " is no PEM key in PKCS #8 without a password", e);
    }
  }

  /** Whether what the key signs, the certificate confirms. */
  private static boolean belong(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm = key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA";
    if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    byte[] text = CERTIFICATE.getBytes(StandardCharsets.US_ASCII);
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(text);
    byte[] signature = signing.sign();
    Signature confirming = Signature.getInstance(algorithm);
    confirming.initVerify(certificate);
    confirming.update(text);
    return confirming.verify(signature);
  }

  private static UserError unusable(Path directory, Exception problem) {
    String why =
        problem instanceof NoSuchFileException missing
            ? "there is no file " + missing.getFile()
            : String.valueOf(problem.getMessage());
    return new UserError(
        "%s: %s; expected %s in it, in PEM; espalier certs makes such directories for trying out"
            .formatted(directory, why, String.join(", ", CERTIFICATE, KEY, AUTHORITY)),
        problem);
  }

  @Override
  public void close() {
    looking.shutdownNow();
  }
}
