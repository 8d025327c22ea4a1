package io.espalier.coordinator.report;

import io.espalier.common.UserError;

/** A sweep's view as {@link ViewJson} writes it. */
public final class SweepViews {
  private SweepViews() {}

  public static String toJson(SweepView view) {
    return ViewJson.write(view);
  }

  /**
   * @param source the file or address it comes from, for the message
   * @throws UserError when it is no view of a sweep
   */
  public static SweepView fromJson(String json, String source) {
    return ViewJson.read(json, SweepView.class, source);
  }
}
