package io.espalier.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import io.espalier.deploy.certs.DevelopmentAuthority;
import io.espalier.deploy.cli.CommandLineInterface;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chart is rendered as Helm renders it, and what comes out is read as Kubernetes reads it. */
class HelmChartTest {
  private static final Path CHART = Path.of("helm/espalier").toAbsolutePath();
  private static final Map<String, Object> INSECURE = Map.of("security.insecure", true);

  private static final Map<String, Object> EVERYTHING =
      Map.ofEntries(
          Map.entry("security.tls.certManagerIssuer.name", "ca"),
          Map.entry("security.tokensSecret", "tokens"),
          Map.entry("coordinator.replicas", 3),
          Map.entry("coordinator.journal.url", "jdbc:postgresql://db/espalier?user=espalier"),
          Map.entry("coordinator.journal.passwordSecret", "db"),
          Map.entry("coordinator.options.checkpoint-room", 100),
          Map.entry("worker.gpus", 2),
          Map.entry("worker.options.slots", 8),
          Map.entry("worker.modelRoots[0]", "/models"),
          Map.entry("worker.spool.storageClass", "local"),
          Map.entry("metrics.serviceMonitor.enabled", true),
          Map.entry("metrics.serviceMonitor.tokenSecret", "viewer"),
          Map.entry("metrics.rules.enabled", true),
          Map.entry("metrics.dashboards.enabled", true),
          Map.entry("autoscaling.enabled", true));

  @TempDir private Path directory;

  private static String rendered(Map<String, Object> values) {
    TemplateCommand command =
        new Helm(CHART).template().withName("lora").withNamespace("ml").withKubeVersion("1.29.0");
    values.forEach(command::set);
    return command.call();
  }

  private static Manifests manifests(Map<String, Object> values) {
    return Manifests.of(rendered(values));
  }

  private static Container container(StatefulSet set) {
    return set.getSpec().getTemplate().getSpec().getContainers().get(0);
  }

  private static PodSpec pod(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec();
  }

  /** The file of options that all nodes mount. */
  private static String options(Manifests all) {
    return all.all(ConfigMap.class)
        .map(map -> map.getData().get("espalier.conf"))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void helm_finds_nothing_to_mend() {
    LintResult result = new Helm(CHART).lint().strict().call();
    assertThat(result.isFailed()).as("%s", result.getMessages()).isFalse();
  }

  @Test
  void one_coordinator_without_tokens_needs_a_store_only() {
    Manifests all = manifests(INSECURE);
    assertThat(all.customKinds()).isEmpty();
    assertThat(all.kinds())
        .containsExactlyInAnyOrder(
            "ConfigMap",
            "PersistentVolumeClaim",
            "NetworkPolicy",
            "NetworkPolicy",
            "Service",
            "Service",
            "Deployment",
            "StatefulSet",
            "PodDisruptionBudget");
    assertThat(all.the(PersistentVolumeClaim.class).getSpec().getAccessModes())
        .containsExactly("ReadWriteMany");
    assertThat(all.the(StatefulSet.class).getSpec().getReplicas()).isOne();
  }

  @Test
  void three_coordinators_know_each_other_by_names_that_stay() {
    Manifests all = manifests(EVERYTHING);
    StatefulSet coordinators = all.the(StatefulSet.class);
    String name = coordinators.getMetadata().getName();
    String domain = coordinators.getSpec().getServiceName() + ".ml.svc";
    assertThat(options(all))
        .contains(
            "host = ${POD_NAME}\"." + domain + "\"",
            Stream.of(0, 1, 2)
                .map(i -> "\"%s-%d.%s\"".formatted(name, i, domain))
                .reduce((one, other) -> one + "," + other)
                .orElseThrow());
    assertThat(coordinators.getSpec().getReplicas()).isEqualTo(3);
    assertThat(coordinators.getSpec().getPodManagementPolicy()).isEqualTo("Parallel");
    PodSpec pod = coordinators.getSpec().getTemplate().getSpec();
    assertThat(pod.getAffinity().getPodAntiAffinity()).isNotNull();
    assertThat(pod.getContainers().get(0).getEnv())
        .anyMatch(variable -> variable.getName().equals("ESPALIER_JOURNAL_PASSWORD"));
  }

  @Test
  void everything_else_that_can_be_switched_on_is_there() {
    Manifests all = manifests(EVERYTHING);
    assertThat(all.customKinds())
        .containsExactlyInAnyOrder(
            "cert-manager.io/v1/Certificate",
            "monitoring.coreos.com/v1/ServiceMonitor",
            "monitoring.coreos.com/v1/PodMonitor",
            "monitoring.coreos.com/v1/PrometheusRule",
            "keda.sh/v1alpha1/ScaledObject");
    assertThat(all.all(ConfigMap.class).flatMap(map -> map.getData().keySet().stream()))
        .contains("espalier.conf", "sweeps.json", "fleet.json");
    assertThat(all.the(Deployment.class).getSpec().getReplicas()).as("the autoscaler's").isNull();
  }

  @Test
  void whether_a_coordinator_lives_is_asked_of_itself_alone() {
    Container container = container(manifests(EVERYTHING).the(StatefulSet.class));
    assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/alive");
    assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo("/ready");
    assertThat(Stream.of(container.getStartupProbe(), container.getLivenessProbe()))
        .extracting(probe -> probe.getHttpGet().getScheme())
        .containsOnly("HTTPS");
    Probe insecure = container(manifests(INSECURE).the(StatefulSet.class)).getReadinessProbe();
    assertThat(insecure.getHttpGet().getScheme()).isEqualTo("HTTP");
  }

  @Test
  void a_worker_has_its_gpus_and_time_to_leave() {
    PodSpec pod = pod(manifests(EVERYTHING).the(Deployment.class));
    Container worker = pod.getContainers().get(0);
    assertThat(worker.getResources().getLimits())
        .containsEntry("nvidia.com/gpu", new Quantity("2"));
    assertThat(worker.getImage()).isEqualTo("espalier:0.1.0-cuda");
    assertThat(worker.getPorts()).hasSize(4);
    assertThat(pod.getTolerations())
        .anyMatch(toleration -> "nvidia.com/gpu".equals(toleration.getKey()));
    assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(20 + 20);

    Container onCpu =
        pod(manifests(Map.of("security.insecure", true, "worker.gpus", 0)).the(Deployment.class))
            .getContainers()
            .get(0);
    assertThat(onCpu.getResources().getLimits()).isNullOrEmpty();
    assertThat(onCpu.getImage()).isEqualTo("espalier:0.1.0");
  }

  @Test
  void what_is_mounted_is_there() {
    for (Map<String, Object> values : List.of(INSECURE, EVERYTHING)) {
      Manifests all = manifests(values);
      for (PodSpec pod :
          List.of(
              pod(all.the(Deployment.class)),
              all.the(StatefulSet.class).getSpec().getTemplate().getSpec())) {
        assertThat(pod.getContainers().get(0).getVolumeMounts())
            .extracting(VolumeMount::getName)
            .isSubsetOf(pod.getVolumes().stream().map(Volume::getName).toList());
        assertThat(pod.getContainers().get(0).getSecurityContext().getReadOnlyRootFilesystem())
            .isTrue();
      }
    }
  }

  @Test
  void ports_of_the_cluster_take_pods_of_the_release_only() {
    for (NetworkPolicy policy : manifests(EVERYTHING).all(NetworkPolicy.class).toList()) {
      assertThat(policy.getSpec().getIngress().get(0).getFrom())
          .singleElement()
          .satisfies(
              peer ->
                  assertThat(peer.getPodSelector().getMatchLabels())
                      .containsEntry("app.kubernetes.io/instance", "lora"));
    }
  }

  @Test
  void a_change_of_an_option_starts_the_pods_anew() {
    String before = checksum(INSECURE);
    assertThat(checksum(INSECURE)).isEqualTo(before);
    assertThat(checksum(Map.of("security.insecure", true, "worker.options.slots", 4)))
        .isNotEqualTo(before);
  }

  private static String checksum(Map<String, Object> values) {
    return manifests(values)
        .the(StatefulSet.class)
        .getSpec()
        .getTemplate()
        .getMetadata()
        .getAnnotations()
        .get("checksum/config");
  }

  /** The commands read the file before they look at addresses; 0.0.0.0 is none of a node. */
  @ParameterizedTest
  @CsvSource({"coordinator", "worker"})
  void the_file_of_options_is_one_that_the_commands_take(String command) throws IOException {
    Path certificates =
        DevelopmentAuthority.in(directory.resolve("certs"), Clock.systemUTC())
            .issue("head", Duration.ofDays(1));
    for (Map<String, Object> values : List.of(INSECURE, EVERYTHING)) {
      Path file = directory.resolve("espalier.conf");
      Files.writeString(
          file,
          options(manifests(values))
              .replace("${POD_NAME}", "lora-espalier-coordinator-0")
              .replace("${POD_IP}", "10.0.0.1")
              .replace("/etc/espalier/tls", certificates.toString()));
      var said = new ByteArrayOutputStream();
      var out = new PrintStream(said, true, StandardCharsets.UTF_8);
      int code =
          new CommandLineInterface(out, out)
              .run(command, "--config", file.toString(), "--host", "0.0.0.0");
      assertThat(said.toString(StandardCharsets.UTF_8))
          .contains("others cannot reach a node by that");
      assertThat(code).isOne();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "coordinator.replicas | 3 | set coordinator.journal.url to jdbc:postgresql:",
        "coordinator.replicas | 2 | expected an odd number",
        "security.insecure    | false | security.tls: name the Secret",
        "coordinator.replica  | 3 | replica",
        "worker.gpus          | many | gpus",
        "coordinator.journal.url | mysql://db | url",
      })
  void values_that_cannot_work_are_refused(String key, String value, String said) {
    var values = new HashMap<>(INSECURE);
    values.put(key, value);
    if (key.endsWith("replicas") && value.equals("2")) {
      values.put("coordinator.journal.url", "jdbc:postgresql://db/espalier");
    }
    assertThatThrownBy(() -> rendered(values)).hasMessageContaining(said);
  }
}
