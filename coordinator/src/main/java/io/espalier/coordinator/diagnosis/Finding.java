package io.espalier.coordinator.diagnosis;

/** What a curve may say, in the order in which it is looked for. */
public enum Finding {
  DIVERGED("diverged", "lower the learning rate; check the data"),
  DIVERGING("diverging", "lower the learning rate, or warm up longer"),
  OSCILLATING("oscillating", "halve the learning rate, or warm up"),
  MEMORISED("memorised", "train fewer epochs: answers repeat themselves or training rows"),
  OVERFIT("overfit", "train fewer epochs, or keep the best state: objective.at: best"),
  LEARNING_RATE_TOO_LOW(
      "learning rate too low", "raise the learning rate; check that the rows have targets"),
  UNDERFIT("underfit", "train more epochs, or double the learning rate"),
  CONVERGED("converged", ""),
  TOO_SHORT("too short to say", "");

  private final String words;
  private final String advice;

  Finding(String words, String advice) {
    this.words = words;
    this.advice = advice;
  }

  public String words() {
    return words;
  }

  /** What to do about it; empty where nothing is. */
  public String advice() {
    return advice;
  }
}
