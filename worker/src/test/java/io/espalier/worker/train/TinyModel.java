package io.espalier.worker.train;

import ai.djl.Device;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Tests on the tiny Qwen2 and its rows, loaded once for each class. */
abstract class TinyModel {
  static BaseModel model;
  static TokenizedDataset data;

  @BeforeAll
  static void load() {
    model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu());
    data = Leases.data(Golden.rows("qwen2_tiny"));
  }

  @AfterAll
  static void close() {
    model.close();
  }
}
