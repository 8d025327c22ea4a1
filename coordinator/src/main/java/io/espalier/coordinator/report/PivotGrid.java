package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The trials of a grid by the two keys with the most values, one block for each combination of the
 * others. Pure.
 *
 * @param rowKey the earlier of the two in the spec
 * @param rows its values in the order tried; numbers that came later in their places
 */
record PivotGrid(
    String rowKey, List<String> rows, String columnKey, List<String> columns, List<Block> blocks) {
  /** A grid sparser than this says less than a list: points drawn at random, for one. */
  private static final double LEAST_FILLED = 0.5;

  /**
   * The trials that agree in all other keys but the seed.
   *
   * @param others those keys with their values
   * @param cells by row and column; one may be missing
   */
  record Block(Map<String, String> others, Map<Place, Cell> cells) {
    Optional<Cell> at(String row, String column) {
      return Optional.ofNullable(cells.get(new Place(row, column)));
    }

    /** {@code per_device_train_batch_size = 4}; empty when there is no other key. */
    String caption() {
      return others.entrySet().stream()
          .map(other -> other.getKey() + " = " + other.getValue())
          .collect(Collectors.joining(", "));
    }
  }

  /** A place in a block. */
  record Place(String row, String column) {}

  /** Empty where the trials make no grid of at least two keys with two values each. */
  static Optional<PivotGrid> of(List<TrialView> trials) {
    List<Cell> cells = Cell.of(trials);
    List<Axis> all = axes(cells);
    List<Axis> longest =
        all.stream()
            .filter(axis -> axis.values().size() > 1)
            .sorted(Comparator.comparingInt((Axis axis) -> -axis.values().size()))
            .limit(2)
            .sorted(Comparator.comparingInt(all::indexOf))
            .toList();
    if (longest.size() < 2) {
      return Optional.empty();
    }
    Axis rows = longest.get(0);
    Axis columns = longest.get(1);
    return blocks(cells, rows.key(), columns.key())
        .map(
            found ->
                new PivotGrid(rows.key(), rows.values(), columns.key(), columns.values(), found))
        .filter(PivotGrid::isFilled);
  }

  private boolean isFilled() {
    long filled = blocks.stream().mapToLong(block -> block.cells().size()).sum();
    return filled >= LEAST_FILLED * blocks.size() * rows.size() * columns.size();
  }

  /** Empty where one is without a row or a column. */
  private static Optional<List<Block>> blocks(List<Cell> cells, String row, String column) {
    var blocks = new LinkedHashMap<Map<String, String>, Map<Place, Cell>>();
    for (Cell cell : cells) {
      var others = new LinkedHashMap<>(cell.point());
      String rowValue = others.remove(row);
      String columnValue = others.remove(column);
      if (rowValue == null || columnValue == null) {
        return Optional.empty();
      }
      blocks
          .computeIfAbsent(others, key -> new HashMap<>())
          .put(new Place(rowValue, columnValue), cell);
    }
    return Optional.of(
        blocks.entrySet().stream()
            .map(block -> new Block(block.getKey(), block.getValue()))
            .toList());
  }

  private record Axis(String key, List<String> values) {}

  private static List<Axis> axes(List<Cell> cells) {
    var seen = new LinkedHashMap<String, Set<String>>();
    for (Cell cell : cells) {
      cell.point()
          .forEach(
              (key, value) -> seen.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(value));
    }
    return seen.entrySet().stream()
        .map(axis -> new Axis(axis.getKey(), inPlace(List.copyOf(axis.getValue()))))
        .toList();
  }

  /** Numbers rise or fall as the first two do. */
  private static List<String> inPlace(List<String> tried) {
    if (tried.size() < 2 || !tried.stream().allMatch(Numbers::isNumber)) {
      return tried;
    }
    Comparator<String> rising = Comparator.comparingDouble(Double::parseDouble);
    boolean rises = rising.compare(tried.get(0), tried.get(1)) <= 0;
    return tried.stream().sorted(rises ? rising : rising.reversed()).toList();
  }
}
