package io.espalier.deploy;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** The walls of the house: who may know whom, and what must stay pure. */
@AnalyzeClasses(
    packages = "io.espalier",
    importOptions = {ImportOption.DoNotIncludeTests.class})
class WallsTest {
  private static final String[] DECIDING = {
    "io.espalier.coordinator.search..",
    "io.espalier.coordinator.pruning..",
    "io.espalier.coordinator.plan..",
    "io.espalier.common.trial.."
  };

  private static final String[] OUTSIDE_WORLD = {
    "org.apache.pekko..", "java.io..", "java.nio..", "java.net..", "java.sql..",
    "java.util.concurrent..", "org.apache.arrow..", "io.micrometer..", "ai.djl..", "org.slf4j.."
  };

  @ArchTest
  static final ArchRule dependencies_run_from_deploy_over_coordinator_and_worker_to_common =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.common..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.espalier.coordinator..", "io.espalier.worker..", "io.espalier.deploy..");

  @ArchTest
  static final ArchRule the_coordinator_knows_no_tensors =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.coordinator..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.espalier.worker..", "io.espalier.deploy..", "ai.djl..");

  @ArchTest
  static final ArchRule the_worker_knows_no_search =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.worker..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.espalier.coordinator..", "io.espalier.deploy..");

  @ArchTest
  static final ArchRule what_decides_touches_nothing_outside =
      noClasses()
          .that()
          .resideInAnyPackage(DECIDING)
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(OUTSIDE_WORLD)
                  .and(not(simpleNameEndingWith("Serializable")))
                  // What readers of JSON say they may throw.
                  .and(not(simpleNameEndingWith("IOException"))));

  @ArchTest
  static final ArchRule what_decides_asks_no_clock_and_no_chance =
      noClasses()
          .that()
          .resideInAnyPackage(DECIDING)
          .or()
          .haveSimpleName("Sweep")
          .or()
          .haveSimpleName("Fleet")
          .should()
          .callMethodWhere(theTimeOrChance())
          .orShould()
          .dependOnClassesThat(is(Clock.class, Random.class, ThreadLocalRandom.class));

  @ArchTest
  static final ArchRule the_state_of_sweep_and_fleet_is_no_actor =
      classes()
          .that()
          .haveFullyQualifiedName("io.espalier.coordinator.sweep.Sweep")
          .or()
          .haveFullyQualifiedName("io.espalier.coordinator.fleet.Fleet")
          .should()
          .onlyDependOnClassesThat(
              not(resideInAnyPackage("org.apache.pekko..", "java.io..", "java.nio..")));

  @ArchTest
  static final ArchRule training_lives_outside_the_actor_system =
      noClasses()
          .that()
          .resideInAPackage("io.espalier.worker..")
          .and()
          .resideOutsideOfPackage("io.espalier.worker.node..")
          .should()
          .dependOnClassesThat(resideInAPackage("org.apache.pekko.."));

  @ArchTest
  static final ArchRule packages_have_no_cycles =
      slices().matching("io.espalier.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule only_the_command_line_ends_the_process =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.espalier.deploy..")
          .should()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "halt", int.class);

  private static DescribedPredicate<JavaCall<?>> theTimeOrChance() {
    Set<String> asking = Set.of("now", "currentTimeMillis", "nanoTime", "random", "randomUUID");
    return owner(is(Instant.class, InstantSource.class, System.class, Math.class, UUID.class))
        .and(
            DescribedPredicate.describe(
                "asks for the time or for chance",
                (JavaCall<?> call) -> asking.contains(call.getName())))
        .forSubtype();
  }

  private static DescribedPredicate<JavaClass> is(Class<?>... types) {
    return DescribedPredicate.describe(
        "is one of them",
        type -> {
          for (Class<?> candidate : types) {
            if (type.isEquivalentTo(candidate)) {
              return true;
            }
          }
          return false;
        });
  }
}
