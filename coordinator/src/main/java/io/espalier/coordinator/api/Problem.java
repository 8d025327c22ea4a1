package io.espalier.coordinator.api;

import io.espalier.coordinator.report.ViewJson;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCode;

/**
 * An error answer by RFC 9457.
 *
 * @param detail for people: what was wrong and what to do
 */
record Problem(StatusCode status, String detail) {
  private static final ContentType TYPE =
      ContentTypes.create(
          MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));

  HttpResponse response() {
    var body = new LinkedHashMap<String, Object>();
    body.put("type", "about:blank");
    body.put("title", status.reason());
    body.put("status", status.intValue());
    body.put("detail", detail);
    byte[] bytes = ViewJson.line(body).getBytes(StandardCharsets.UTF_8);
    return HttpResponse.create().withStatus(status).withEntity(HttpEntities.create(TYPE, bytes));
  }
}
