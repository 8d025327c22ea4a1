package io.espalier.common.cluster;

import io.espalier.common.protocol.ClusterSettings;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.Reachability;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.sbr.DowningStrategy;
import scala.Option;

/**
 * Keeps the side that has most coordinators, as Pekko's keep-majority does, but for one thing: what
 * workers do not see of coordinators, or coordinators of workers, says nothing of how coordinators
 * are connected with each other. Pekko takes a coordinator for half connected that saw a dead
 * worker's silence and falls silent itself before that worker is out of the cluster; it cannot
 * resolve that, and downs every node.
 *
 * <p>The state that Pekko's resolver tells it of is changed by one thread.
 */
final class CoordinatorMajority extends DowningStrategy {
  CoordinatorMajority(String dataCenter, UniqueAddress own) {
    super(dataCenter, own);
  }

  @Override
  public Option<String> role() {
    return Option.apply(ClusterSettings.COORDINATOR);
  }

  @Override
  public void setReachability(Reachability reachability) {
    super.setReachability(
        reachability.filterRecords(
            record -> isCoordinator(record.observer()) && isCoordinator(record.subject())));
  }

  private boolean isCoordinator(UniqueAddress node) {
    return allMembersInDC()
        .exists(
            member ->
                member.uniqueAddress().equals(node) && member.hasRole(ClusterSettings.COORDINATOR));
  }

  @Override
  public Decision decide() {
    if (hasIndirectlyConnected()) {
      return DownIndirectlyConnected$.MODULE$;
    }
    if (membersWithRole().isEmpty()) {
      return DownAll$.MODULE$;
    }
    Decision decision =
        majority(
            reachableMembersWithRole().size(),
            unreachableMembersWithRole().size(),
            membersWithRole().head());
    if (decision == DownReachable$.MODULE$) {
      return decision;
    }
    // Members may have come or gone as the others were lost, which each side knows otherwise: the
    // smallest that this one can be against the largest that the other can be.
    var surely = membersWithRole(false, true);
    boolean same =
        !surely.isEmpty()
            && majority(
                    reachableMembersWithRole(false, true).size(),
                    unreachableMembersWithRole(true, false).size(),
                    surely.head())
                == decision;
    return same ? decision : DownAll$.MODULE$;
  }

  /**
   * @param lowest of all, whose side stays when both have as many
   */
  private Decision majority(int here, int there, Member lowest) {
    boolean stays = here == there ? !unreachable(lowest) : here > there;
    return stays ? DownUnreachable$.MODULE$ : DownReachable$.MODULE$;
  }
}
