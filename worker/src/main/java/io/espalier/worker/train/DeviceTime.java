package io.espalier.worker.train;

/**
 * Seconds of the device that a branch has had: of each pass the wall time divided by the branches
 * that shared it, so that all branches' times add up to the device's. Waiting counts nothing.
 */
final class DeviceTime {
  private double before;
  private long since;

  /** Branches between whom the time is divided; 0 while none of it is this branch's. */
  private int sharing;

  /** From now on the branch has its part of the device's time. */
  void begin(int branches) {
    pause();
    since = System.nanoTime();
    sharing = branches;
  }

  /** From now on it has none. */
  void pause() {
    before = seconds();
    sharing = 0;
  }

  /** What was counted elsewhere before. */
  void restore(double seconds) {
    before += seconds;
  }

  double seconds() {
    return sharing == 0 ? before : before + (System.nanoTime() - since) * 1e-9 / sharing;
  }
}
