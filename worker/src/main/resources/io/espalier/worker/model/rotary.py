  # ------------------------------------------------------------------ the model

  # Decoders with rotary positions, RMS norms and a gated MLP: Llama, Mistral, Qwen2, Qwen3. The sizes in
  # capitals come from config.json.
  #
  # weights: the embedding; per layer the norms before attention, before the MLP, of each head's queries
  # and of its keys (empty where there are none); weight and bias of q, k, v, o, gate, up, down; the
  # final norm; the output layer (empty when it is the embedding).
  NORM_EPSILON : float

  # Rotary position embedding, HuggingFace's half-split layout: x [R, T, heads, head size] to
  # [R, heads, T, head size]. The sines of a head's first half come negated.
  def rotate(self: __torch__.Engine, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    return torch.transpose(x * cos + torch.roll(x, [self.HEAD_SIZE // 2], [3]) * sin, 1, 2)

  # RMS norm over the last axis, as HuggingFace rounds it: in float32, then times the weight.
  def rms_norm(self: __torch__.Engine, x: Tensor, weight: Tensor) -> Tensor:
    return torch.rms_norm(x.to(6), [x.size(-1)], None, self.NORM_EPSILON).to(self.DTYPE) * weight

  # Keys or values [R, kv heads, T, head size] once for each query head: on a CPU the fused attention
  # takes only as many of them as of queries.
  def shared(self: __torch__.Engine, x: Tensor) -> Tensor:
    if self.KV_HEADS == self.HEADS:
      return x
    size = [x.size(0), self.KV_HEADS, self.HEADS // self.KV_HEADS, x.size(2), self.HEAD_SIZE]
    return x.unsqueeze(2).expand(size).reshape([x.size(0), self.HEADS, x.size(2), self.HEAD_SIZE])

  # places and mask; cosines and sines of the places.
  def context(self: __torch__.Engine, frequencies: Tensor, ids: Tensor, places: Tensor, mask: Tensor) -> List[Tensor]:
    angles = places.to(6).unsqueeze(-1) * frequencies
    cos = torch.cos(angles)
    sin = torch.sin(angles)
    cos = torch.cat([cos, cos], -1).unsqueeze(-2).to(self.DTYPE)
    sin = torch.cat([torch.neg(sin), sin], -1).unsqueeze(-2).to(self.DTYPE)
    return [places, mask, cos, sin]

  # Before the first layer [R T, H].
  def embedded(self: __torch__.Engine, weights: List[Tensor], ids: Tensor, places: Tensor) -> Tensor:
    return torch.embedding(weights[0], ids).view([ids.numel(), -1])

  def layer(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, context: List[Tensor], caches: List[Tensor], layer: int, x: Tensor, dropout: float, keys: Tensor) -> Tensor:
    rows = ids.size(0)
    length = ids.size(1)
    places, mask, cos, sin = context
    w = self.weight_of(layer, 0) - self.NORMS
    h = self.rms_norm(x, weights[w]).to(6)
    q = self.project(h, weights, adapters, scale, layer, 0, dropout, keys)
    k = self.project(h, weights, adapters, scale, layer, 1, dropout, keys)
    v = self.project(h, weights, adapters, scale, layer, 2, dropout, keys)
    q = q.view([rows, length, self.HEADS, self.HEAD_SIZE])
    k = k.view([rows, length, self.KV_HEADS, self.HEAD_SIZE])
    if weights[w + 2].numel() > 0:
      q = self.rms_norm(q, weights[w + 2])
      k = self.rms_norm(k, weights[w + 3])
    q = self.rotate(q, cos, sin)
    k = self.rotate(k, cos, sin)
    v = torch.transpose(v.view([rows, length, self.KV_HEADS, self.HEAD_SIZE]), 1, 2)
    if mask.numel() == 0:
      if len(caches) > 0:
        kept_k = torch.narrow(caches[2 * layer], 2, 0, length).copy_(k)
        kept_v = torch.narrow(caches[2 * layer + 1], 2, 0, length).copy_(v)
      seen = self.attention(q, self.shared(k), self.shared(v), None, True)
    else:
      index = places.view([rows, 1, 1, 1]).expand([rows, self.KV_HEADS, 1, self.HEAD_SIZE])
      kept_k = caches[2 * layer].scatter_(2, index, k)
      kept_v = caches[2 * layer + 1].scatter_(2, index, v)
      room = mask.size(3)
      # The query heads that share keys stand as rows of one head: nothing is copied for them.
      grouped = q.reshape([rows, self.KV_HEADS, -1, self.HEAD_SIZE])
      seen = torch.scaled_dot_product_attention(grouped, torch.narrow(kept_k, 2, 0, room), torch.narrow(kept_v, 2, 0, room), mask, 0., False, scale=None, enable_gqa=False)
      seen = seen.reshape([rows, self.HEADS, 1, self.HEAD_SIZE])
    seen = torch.transpose(seen, 1, 2).reshape([rows * length, self.HEADS * self.HEAD_SIZE])
    x = x + self.project(seen, weights, adapters, scale, layer, 3, dropout, keys)
    h = self.rms_norm(x, weights[w + 1]).to(6)
    gate = self.project(h, weights, adapters, scale, layer, 4, dropout, keys)
    up = self.project(h, weights, adapters, scale, layer, 5, dropout, keys)
    return x + self.project(torch.silu(gate) * up, weights, adapters, scale, layer, 6, dropout, keys)

  # Logits [N, vocabulary] of hidden states [N, H].
  def logits(self: __torch__.Engine, weights: List[Tensor], x: Tensor) -> Tensor:
    last = self.weight_of(self.LAYERS, 0)
    h = self.rms_norm(x, weights[last])
    if weights[last + 1].numel() == 0:
      return self.product(h, weights[0], None).to(6)
    return self.product(h, weights[last + 1], None).to(6)

