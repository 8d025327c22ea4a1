package io.espalier.deploy.certs;

import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * An authority in a directory: {@code ca.crt}, {@code ca.key}, and for each node a directory as
 * {@link NodeCertificates} reads it. Keys are on the curve P-256.
 */
public final class DevelopmentAuthority {
  private static final Duration ITS_LIFE = Duration.ofDays(3650);

  /** Clocks of a cluster differ. */
  private static final Duration BEFORE = Duration.ofHours(1);

  private static final String ALGORITHM = "SHA256withECDSA";
  private static final String KEY = "ca.key";
  private static final String OWNER_ONLY = "rw-------";
  private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|.*:.*");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?");

  private final Path directory;
  private final Clock clock;
  private final X509Certificate certificate;
  private final PrivateKey key;

  private DevelopmentAuthority(
      Path directory, Clock clock, X509Certificate certificate, PrivateKey key) {
    this.directory = directory;
    this.clock = clock;
    this.certificate = certificate;
    this.key = key;
  }

  /**
   * The authority of a directory, made when it has none.
   *
   * @throws UserError when its files cannot be read or written
   */
  public static DevelopmentAuthority in(Path directory, Clock clock) {
    try {
      Path file = directory.resolve(NodeCertificates.AUTHORITY);
      return Files.exists(file) ? read(directory, clock) : create(directory, clock);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new UserError(
          "%s cannot be used for certificates: %s; name another directory".formatted(directory, e),
          e);
    }
  }

  private static DevelopmentAuthority create(Path directory, Clock clock)
      throws IOException, GeneralSecurityException, OperatorCreationException {
    Files.createDirectories(directory);
    KeyPair pair = pair();
    X500Name name = name("Espalier development authority");
    X509v3CertificateBuilder builder = builder(name, name, pair, clock.instant(), ITS_LIFE);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    X509Certificate certificate = signed(builder, pair.getPrivate());
    write(directory.resolve(KEY), "PRIVATE KEY", pair.getPrivate().getEncoded());
    write(directory.resolve(NodeCertificates.AUTHORITY), "CERTIFICATE", certificate.getEncoded());
    return new DevelopmentAuthority(directory, clock, certificate, pair.getPrivate());
  }

  private static DevelopmentAuthority read(Path directory, Clock clock)
      throws IOException, GeneralSecurityException {
    byte[] pem = Files.readAllBytes(directory.resolve(NodeCertificates.AUTHORITY));
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem));
    String text = Files.readString(directory.resolve(KEY)).replaceAll("-----[A-Z ]+-----|\\s", "");
    PrivateKey key =
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
    return new DevelopmentAuthority(directory, clock, certificate, key);
  }

  /**
   * Writes the files of a node, in place of those it had.
   *
   * @param host the name or address by which it is reached
   * @param life of its certificate
   * @return its directory
   * @throws UserError when it is no host, or the files cannot be written
   */
  public Path issue(String host, Duration life) {
    if (!HOST.matcher(host).matches()) {
      throw new UserError(
          "'%s' is no host; expected a name or an address of a node, as its --host names it"
              .formatted(host));
    }
    Path own = directory.resolve(host);
    try {
      Files.createDirectories(own);
      KeyPair pair = pair();
      X500Name issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
      X509v3CertificateBuilder builder = builder(issuer, name(host), pair, clock.instant(), life);
      boolean address = ADDRESS.matcher(host).matches();
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(
              new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host)));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      X509Certificate issued = signed(builder, key);
      write(own.resolve(NodeCertificates.KEY), "PRIVATE KEY", pair.getPrivate().getEncoded());
      write(own.resolve(NodeCertificates.CERTIFICATE), "CERTIFICATE", issued.getEncoded());
      write(own.resolve(NodeCertificates.AUTHORITY), "CERTIFICATE", certificate.getEncoded());
      return own;
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new UserError("%s cannot be written: %s".formatted(own, e), e);
    }
  }

  private static KeyPair pair() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  private static X500Name name(String common) {
    return new X500NameBuilder().addRDN(BCStyle.O, "Espalier").addRDN(BCStyle.CN, common).build();
  }

  private static X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair pair, Instant now, Duration life)
      throws CertIOException {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(127, new SecureRandom()),
        Date.from(now.minus(BEFORE)),
        Date.from(now.plus(life)),
        subject,
        pair.getPublic());
  }

  private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(builder.build(new JcaContentSignerBuilder(ALGORITHM).build(key)));
  }

  /** Under another name first: a node that looks meanwhile sees the old file or the new one. */
  private static void write(Path file, String kind, byte[] der) throws IOException {
    String pem =
        "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
            .formatted(
                kind,
                Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                    .encodeToString(der));
    FileAttribute<?> rights =
        PosixFilePermissions.asFileAttribute(
            PosixFilePermissions.fromString(kind.endsWith("KEY") ? OWNER_ONLY : "rw-r--r--"));
    Path fresh = Files.createTempFile(file.toAbsolutePath().getParent(), ".new-", ".pem", rights);
    Files.writeString(fresh, pem);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
