package io.espalier.deploy.kubernetes;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What a chart renders to, each kind that Kubernetes itself knows read as its type; a field that is
 * none of the type's is refused, as {@code kubectl --validate=strict} does.
 */
final class Manifests {
  private static final Map<String, Class<? extends HasMetadata>> TYPES =
      Map.of(
          "v1/ConfigMap", ConfigMap.class,
          "v1/PersistentVolumeClaim", PersistentVolumeClaim.class,
          "v1/Service", Service.class,
          "apps/v1/Deployment", Deployment.class,
          "apps/v1/StatefulSet", StatefulSet.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class);

  private final ObjectMapper strict =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .setAnnotationIntrospector(
              new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1L;

                /** The types would keep what they do not know. */
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                  return annotated.hasAnnotation(JsonAnySetter.class) ? false : null;
                }
              });

  private final List<HasMetadata> typed = new ArrayList<>();
  private final List<Map<?, ?>> custom = new ArrayList<>();

  private Manifests(String yaml) {
    for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(yaml)) {
      if (document instanceof Map<?, ?> manifest) {
        Class<? extends HasMetadata> type =
            TYPES.get(manifest.get("apiVersion") + "/" + manifest.get("kind"));
        if (type == null) {
          custom.add(manifest);
        } else {
          typed.add(strict.convertValue(manifest, type));
        }
      }
    }
  }

  static Manifests of(String yaml) {
    return new Manifests(yaml);
  }

  /** All of one of Kubernetes' kinds. */
  <T extends HasMetadata> Stream<T> all(Class<T> kind) {
    return typed.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** The only one. */
  <T extends HasMetadata> T the(Class<T> kind) {
    return all(kind)
        .reduce((one, other) -> null)
        .orElseThrow(() -> new AssertionError("not one " + kind.getSimpleName()));
  }

  /** The kinds of others' resources, such as {@code keda.sh/v1alpha1/ScaledObject}. */
  List<String> customKinds() {
    return custom.stream().map(one -> one.get("apiVersion") + "/" + one.get("kind")).toList();
  }

  /** All kinds, in the order of the chart. */
  Stream<String> kinds() {
    return typed.stream().map(HasMetadata::getKind);
  }
}
