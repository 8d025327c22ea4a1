package io.espalier.common.spec;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/** Reads {@code guard}. */
record GuardSection(SpecTree tree) {
  GuardSpec read() {
    return new GuardSpec(
        tree.on("guard.non_finite"),
        rule(
            "loss_spike",
            () ->
                new GuardSpec.LossSpike(
                    decimal("loss_spike.factor"),
                    whole("loss_spike.window"),
                    whole("loss_spike.patience"))),
        rule(
            "collapse",
            () ->
                new GuardSpec.Collapse(
                    decimal("collapse.loss_factor"),
                    decimal("collapse.norm_factor"),
                    whole("collapse.window"))),
        rule("gradient_norm", this::gradientNorm),
        rule(
            "divergence",
            () ->
                new GuardSpec.Divergence(
                    decimal("divergence.factor"),
                    whole("divergence.window"),
                    whole("divergence.patience"))),
        rule(
            "loss_ceiling",
            () ->
                new GuardSpec.LossCeiling(
                    decimal("loss_ceiling.ceiling"),
                    decimal("loss_ceiling.share"),
                    whole("loss_ceiling.window"),
                    whole("loss_ceiling.after"))),
        rule(
            "gradient_spike",
            () ->
                new GuardSpec.GradientSpike(
                    decimal("gradient_spike.factor"),
                    decimal("gradient_spike.z_score"),
                    whole("gradient_spike.window"),
                    whole("gradient_spike.patience"))),
        rule(
            "overfit",
            () ->
                new GuardSpec.Overfit(
                    decimal("overfit.factor"), decimal("overfit.gap"), whole("overfit.patience"))),
        rule(
            "looping",
            () -> new GuardSpec.Looping(decimal("looping.share"), whole("looping.patience"))),
        rule(
            "vanishing_gradient",
            () ->
                new GuardSpec.VanishingGradient(
                    decimal("vanishing_gradient.loss_factor"),
                    decimal("vanishing_gradient.norm_factor"),
                    whole("vanishing_gradient.window"))));
  }

  private GuardSpec.GradientNorm gradientNorm() {
    boolean stops = tree.text("guard.gradient_norm.action").equals("stop");
    return new GuardSpec.GradientNorm(
        decimal("gradient_norm.ceiling"),
        stops ? OptionalDouble.empty() : OptionalDouble.of(decimal("gradient_norm.factor")),
        stops ? 0 : whole("gradient_norm.cooldown"),
        stops ? 0 : whole("gradient_norm.at_most"));
  }

  private <T> Optional<T> rule(String name, Supplier<T> parameters) {
    return tree.on("guard." + name) ? Optional.of(parameters.get()) : Optional.empty();
  }

  private double decimal(String name) {
    return tree.decimal("guard." + name);
  }

  private int whole(String name) {
    return Math.toIntExact(tree.whole("guard." + name));
  }
}
