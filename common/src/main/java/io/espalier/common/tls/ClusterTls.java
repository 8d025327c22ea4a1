package io.espalier.common.tls;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/**
 * The cluster's connections, each end of which shows a certificate of the cluster's authority.
 * Pekko makes one for each actor system; its certificates are looked at until that ends.
 */
public final class ClusterTls implements SSLEngineProvider {
  private static final String DIRECTORY = "espalier.tls.directory";

  private final SSLContext context;

  /** For Pekko, which looks for this constructor. */
  public ClusterTls(ActorSystem system) {
    NodeCertificates certificates =
        NodeCertificates.in(Path.of(system.settings().config().getString(DIRECTORY)));
    system.registerOnTermination(certificates::close);
    context = certificates.context();
  }

  /**
   * The settings of an actor system that uses it.
   *
   * @param directory of {@link NodeCertificates}
   */
  public static Config settings(Path directory) {
    return ConfigFactory.parseMap(
        Map.of(
            DIRECTORY,
            directory.toString(),
            "pekko.remote.artery.transport",
            "tls-tcp",
            "pekko.remote.artery.ssl.ssl-engine-provider",
            ClusterTls.class.getName()));
  }

  @Override
  public SSLEngine createServerSSLEngine(String hostname, int port) {
    SSLEngine engine = context.createSSLEngine(hostname, port);
    engine.setUseClientMode(false);
    engine.setNeedClientAuth(true);
    return engine;
  }

  @Override
  public SSLEngine createClientSSLEngine(String hostname, int port) {
    SSLEngine engine = context.createSSLEngine(hostname, port);
    engine.setUseClientMode(true);
    return engine;
  }

  @Override
  public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
    return Option.empty();
  }

  @Override
  public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
    return Option.empty();
  }
}
