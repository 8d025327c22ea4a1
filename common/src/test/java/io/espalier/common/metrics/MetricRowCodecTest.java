package io.espalier.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.Test;

class MetricRowCodecTest {

  @Property(tries = 200)
  void rows_come_back_bit_for_bit_from_a_root_that_is_used_twice(
      @ForAll("rows") List<MetricRow> first, @ForAll("rows") List<MetricRow> second) {
    try (var allocator = new RootAllocator();
        var root = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator)) {
      MetricRowCodec.write(first, root);
      assertThat(MetricRowCodec.read(root)).isEqualTo(first);
      MetricRowCodec.write(second, root);
      assertThat(MetricRowCodec.read(root)).isEqualTo(second);
    }
  }

  @Test
  void a_missing_column_is_named() {
    try (var allocator = new RootAllocator();
        var root = VectorSchemaRoot.create(new Schema(List.of()), allocator)) {
      assertThatThrownBy(() -> MetricRowCodec.read(root))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'sweep'");
    }
  }

  @Provide
  Arbitrary<List<MetricRow>> rows() {
    return MetricRows.lists();
  }
}
