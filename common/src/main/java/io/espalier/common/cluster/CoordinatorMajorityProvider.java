package io.espalier.common.cluster;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.DowningProvider;
import org.apache.pekko.cluster.sbr.SplitBrainResolver;
import org.apache.pekko.cluster.sbr.SplitBrainResolverSettings;
import scala.Option;
import scala.concurrent.duration.FiniteDuration;

/** Has Pekko's resolver decide by {@link CoordinatorMajority}; named in espalier-cluster.conf. */
public final class CoordinatorMajorityProvider extends DowningProvider {
  private final ActorSystem system;
  private final FiniteDuration stableAfter;

  /** Called by Pekko. */
  public CoordinatorMajorityProvider(ActorSystem system) {
    this.system = system;
    this.stableAfter =
        new SplitBrainResolverSettings(system.settings().config()).DowningStableAfter();
  }

  /** As Pekko's own provider: {@code pekko.cluster.down-removal-margin}, else as long as stable. */
  @Override
  public FiniteDuration downRemovalMargin() {
    FiniteDuration configured = Cluster.get(system).settings().DownRemovalMargin();
    return configured.length() == 0 ? stableAfter : configured;
  }

  @Override
  public Option<Props> downingActorProps() {
    Cluster cluster = Cluster.get(system);
    var strategy =
        new CoordinatorMajority(cluster.selfDataCenter(), cluster.selfMember().uniqueAddress());
    return Option.apply(SplitBrainResolver.props(stableAfter, strategy));
  }
}
