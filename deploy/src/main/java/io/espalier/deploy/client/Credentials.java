package io.espalier.deploy.client;

import io.espalier.common.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * By what a client and its coordinator know each other. A token is no option of a command, where
 * every user of the machine could read it.
 *
 * @param token absent where none is needed
 * @param authority PEM file of who issued the coordinator's certificate; absent for those that Java
 *     trusts
 */
record Credentials(Optional<String> token, Optional<Path> authority) {
  private static final String TOKEN = "ESPALIER_TOKEN";
  private static final String AUTHORITY = "ESPALIER_CA";

  static Credentials of(Map<String, String> environment) {
    return new Credentials(
        Optional.ofNullable(environment.get(TOKEN)).map(String::strip).filter(t -> !t.isEmpty()),
        Optional.ofNullable(environment.get(AUTHORITY)).filter(t -> !t.isBlank()).map(Path::of));
  }

  /**
   * What to send to an address.
   *
   * @throws UserError when others could read it on its way
   */
  Optional<String> tokenFor(URI to) {
    if (token.isPresent() && !"https".equals(to.getScheme()) && !isHere(to)) {
      throw new UserError(
          "%s is not sent to %s, where others could read it on its way; name the coordinator with https://, which takes --certificates at its start."
              .formatted(TOKEN, to.resolve("/")));
    }
    return token;
  }

  private static boolean isHere(URI address) {
    try {
      return InetAddress.getByName(address.getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * Who is trusted; empty for those that Java trusts.
   *
   * @throws UserError when the file cannot be used
   */
  Optional<SSLContext> trust() {
    return authority.map(Credentials::trusting);
  }

  private static SSLContext trusting(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("authority-" + number++, each);
      }
      if (number == 0) {
        throw new GeneralSecurityException("it has no certificate");
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new UserError(
          "%s=%s cannot be used (%s); expected a PEM file with the certificate of who issued the coordinator's"
              .formatted(AUTHORITY, file, e),
          e);
    }
  }
}
