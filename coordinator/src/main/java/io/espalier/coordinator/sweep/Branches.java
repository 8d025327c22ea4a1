package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * All branches of a sweep by number, immutable. Kept in chunks, because each event changes one
 * branch of possibly many thousands and must not copy them all.
 */
public record Branches(@JsonValue List<List<BranchProgress>> chunks) {
  private static final int CHUNK = 64;

  static final Branches NONE = new Branches(List.of());

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public Branches {
    chunks = List.copyOf(chunks);
  }

  public int size() {
    return chunks.isEmpty()
        ? 0
        : (chunks.size() - 1) * CHUNK + chunks.get(chunks.size() - 1).size();
  }

  public boolean has(BranchId id) {
    return id.number() < size();
  }

  public BranchProgress get(BranchId id) {
    return chunks.get(id.number() / CHUNK).get(id.number() % CHUNK);
  }

  public Stream<BranchProgress> stream() {
    return chunks.stream().flatMap(List::stream);
  }

  Branches with(BranchProgress changed) {
    int number = changed.id().number();
    List<BranchProgress> chunk = new ArrayList<>(chunks.get(number / CHUNK));
    chunk.set(number % CHUNK, changed);
    List<List<BranchProgress>> all = new ArrayList<>(chunks);
    all.set(number / CHUNK, List.copyOf(chunk));
    return new Branches(all);
  }

  Branches withoutCheckpoints() {
    return new Branches(
        chunks.stream()
            .map(chunk -> chunk.stream().map(BranchProgress::withoutCheckpoints).toList())
            .toList());
  }

  Branches plus(List<Branch> more) {
    List<BranchProgress> all = new ArrayList<>(stream().toList());
    for (Branch branch : more) {
      if (branch.id().number() != all.size()) {
        throw new IllegalArgumentException(
            "branch %s comes where branch %d is due".formatted(branch.id(), all.size()));
      }
      all.add(BranchProgress.waiting(branch));
    }
    List<List<BranchProgress>> cut = new ArrayList<>();
    for (int from = 0; from < all.size(); from += CHUNK) {
      cut.add(List.copyOf(all.subList(from, Math.min(all.size(), from + CHUNK))));
    }
    return new Branches(cut);
  }
}
