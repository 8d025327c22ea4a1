package io.espalier.coordinator.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCode;

/**
 * An error answer by RFC 9457.
 *
 * @param detail one sentence: what was wrong and what to do
 */
record Problem(StatusCode status, String detail) {
  private static final ObjectMapper JSON = new ObjectMapper();

  HttpResponse response() {
    var body = new LinkedHashMap<String, Object>();
    body.put("type", "about:blank");
    body.put("title", status.reason());
    body.put("status", status.intValue());
    body.put("detail", detail);
    try {
      byte[] bytes = JSON.writeValueAsBytes(body);
      var type =
          ContentTypes.create(
              MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));
      return HttpResponse.create().withStatus(status).withEntity(HttpEntities.create(type, bytes));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem is plain text", e);
    }
  }
}
