package io.espalier.coordinator.metrics;

import io.espalier.coordinator.access.Caller;
import io.espalier.coordinator.access.Tokens;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may do what at the Flight door: nodes of the cluster, known by their certificates,
 * everything; readers, known by a token, what reads.
 *
 * @param certificates whether nodes have any
 * @param tokens of readers; absent where nobody needs one
 */
record FlightAdmission(boolean certificates, Optional<Tokens> tokens) implements ServerInterceptor {
  /** Those of the HTTP port stand there too. */
  private static final Logger REQUESTS = LoggerFactory.getLogger("requests");

  private static final String SERVICE = "arrow.flight.protocol.FlightService/";
  private static final Set<String> READING =
      Set.of(
          SERVICE + "ListFlights",
          SERVICE + "GetFlightInfo",
          SERVICE + "GetSchema",
          SERVICE + "DoGet");
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "Bearer ";

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    boolean reads = READING.contains(call.getMethodDescriptor().getFullMethodName());
    Optional<Caller> reader = reads ? reader(headers) : Optional.empty();
    boolean admitted = isNode(call) || (reads ? reader.isPresent() : !certificates);
    if (reads) {
      REQUESTS.info(
          "{} {} Flight {} {}",
          host(call),
          reader.flatMap(Caller::name).orElse("-"),
          call.getMethodDescriptor().getBareMethodName(),
          admitted ? "answered" : "refused");
    }
    if (admitted) {
      return next.startCall(call, headers);
    }
    call.close(
        Status.UNAUTHENTICATED.withDescription(
            reads
                ? "Readers need one of the coordinator's tokens: send it as the header 'authorization: Bearer TOKEN'."
                : "Only nodes with a certificate of the cluster may do that."),
        new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /** Of any role: all may read. */
  private Optional<Caller> reader(Metadata headers) {
    if (tokens.isEmpty()) {
      return certificates ? Optional.empty() : Optional.of(Caller.ANYONE);
    }
    return Optional.ofNullable(headers.get(AUTHORIZATION))
        .filter(value -> value.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
        .flatMap(value -> tokens.get().caller(value.substring(SCHEME.length()).strip()));
  }

  private static String host(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
            instanceof InetSocketAddress address
        ? address.getAddress().getHostAddress()
        : "-";
  }

  private static boolean isNode(ServerCall<?, ?> call) {
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    try {
      return session != null && session.getPeerCertificates().length > 0;
    } catch (SSLPeerUnverifiedException none) {
      return false;
    }
  }
}
