package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractActorSystem;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.parameterOptional;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEnd;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;
import static org.apache.pekko.http.javadsl.unmarshalling.StringUnmarshallers.STRING;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.api.Backend.AdapterFile;
import io.espalier.coordinator.api.Backend.AttemptLog;
import io.espalier.coordinator.report.ViewJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.stream.javadsl.FileIO;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** What a trial left: its log and its adapter. */
record TrialFileRoutes(Backend backend, SweepId sweep, TrialId trial) {
  Route route() {
    return concat(
        path("log", () -> get(() -> parameterOptional(STRING, "format", this::log))),
        pathPrefix(
            "adapter",
            () ->
                concat(
                    pathEnd(() -> get(() -> Answers.json(names()))),
                    path(segment(), name -> get(() -> completeWithFuture(file(name)))))));
  }

  private Route log(Optional<String> format) {
    if (format.isEmpty()) {
      return completeWithFuture(text());
    }
    if (!format.get().equals("json")) {
      throw new Refused(
          Refused.Reason.INVALID,
          "'%s' is no format of logs; expected ?format=json, or none for text."
              .formatted(format.get()));
    }
    return extractActorSystem(
        system ->
            completeWithFuture(
                backend
                    .log(sweep, trial)
                    .thenApply(
                        logs ->
                            HttpResponse.create()
                                .withEntity(
                                    HttpEntities.createChunked(
                                        ContentTypes.APPLICATION_JSON,
                                        Streams.of(
                                            out -> json(logs, out),
                                            system
                                                .dispatchers()
                                                .lookup(
                                                    Dispatchers
                                                        .DefaultBlockingDispatcherId())))))));
  }

  private static void json(List<AttemptLog> logs, OutputStream out) throws IOException {
    String before = "[";
    for (AttemptLog log : logs) {
      var entry = new LinkedHashMap<String, String>();
      entry.put("attempt", log.attempt().toString());
      entry.put("text", Files.readString(log.file()));
      out.write((before + ViewJson.line(entry)).getBytes(StandardCharsets.UTF_8));
      before = ",\n";
    }
    out.write("]\n".getBytes(StandardCharsets.UTF_8));
  }

  private CompletionStage<HttpResponse> text() {
    return backend
        .log(sweep, trial)
        .thenApply(
            logs ->
                HttpResponse.create()
                    .withEntity(
                        HttpEntities.createChunked(
                            ContentTypes.TEXT_PLAIN_UTF8,
                            logs.size() == 1 ? content(logs.get(0)) : titled(logs))));
  }

  private static Source<ByteString, NotUsed> titled(List<AttemptLog> logs) {
    return Source.from(logs)
        .flatMapConcat(
            log ->
                Source.single(
                        ByteString.fromString(
                            "== attempt %s ==\n".formatted(log.attempt()), StandardCharsets.UTF_8))
                    .concat(content(log)));
  }

  private static Source<ByteString, NotUsed> content(AttemptLog log) {
    return FileIO.fromPath(log.file())
        .filterNot(ByteString::isEmpty)
        .mapMaterializedValue(done -> NotUsed.getInstance());
  }

  private CompletionStage<List<Map<String, Object>>> names() {
    return backend
        .adapter(sweep, trial)
        .thenApply(files -> files.stream().map(TrialFileRoutes::entry).toList());
  }

  private static Map<String, Object> entry(AdapterFile file) {
    var entry = new LinkedHashMap<String, Object>();
    entry.put("name", file.name());
    entry.put("bytes", file.bytes());
    return entry;
  }

  private CompletionStage<HttpResponse> file(String name) {
    return backend
        .adapter(sweep, trial)
        .thenApply(
            files ->
                files.stream()
                    .filter(file -> file.name().equals(name))
                    .findFirst()
                    .map(
                        file ->
                            HttpResponse.create()
                                .withEntity(
                                    HttpEntities.create(
                                        ContentTypes.APPLICATION_OCTET_STREAM,
                                        file.bytes(),
                                        FileIO.fromPath(file.file()))))
                    .orElseThrow(() -> missing(name, files)));
  }

  private Refused missing(String name, List<AdapterFile> files) {
    return new Refused(
        Refused.Reason.UNKNOWN,
        "The adapter of trial %s of %s has no file '%s'; it has %s."
            .formatted(
                trial,
                sweep,
                name,
                String.join(", ", files.stream().map(AdapterFile::name).toList())));
  }
}
