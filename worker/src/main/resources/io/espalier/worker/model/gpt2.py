  # ------------------------------------------------------------------ the model

  # GPT-2: learned positions, layer norms before attention and MLP. The sizes in capitals come from
  # config.json.
  #
  # weights: the embeddings of tokens and of positions; per layer weight and bias of the norms before
  # attention and before the MLP; weight and bias of c_attn (q, k, v at once), c_proj, c_fc, c_proj;
  # weight and bias of the final norm; the output layer (empty when it is the embedding).
  NORM_EPSILON : float

  # places and mask.
  def context(self: __torch__.Engine, frequencies: Tensor, ids: Tensor, places: Tensor, mask: Tensor) -> List[Tensor]:
    return [places, mask]

  # Before the first layer [R T, H].
  def embedded(self: __torch__.Engine, weights: List[Tensor], ids: Tensor, places: Tensor) -> Tensor:
    x = torch.embedding(weights[0], ids) + torch.embedding(weights[1], places)
    return x.view([ids.numel(), -1])

  def layer(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, context: List[Tensor], caches: List[Tensor], layer: int, x: Tensor, dropout: float, keys: Tensor) -> Tensor:
    rows = ids.size(0)
    length = ids.size(1)
    places, mask = context
    hidden = [x.size(1)]
    split = [rows, length, 3, self.HEADS, self.HEAD_SIZE]
    w = self.weight_of(layer, 0) - self.NORMS
    h = torch.layer_norm(x, hidden, weights[w], weights[w + 1], self.NORM_EPSILON)
    qkv = self.project(h, weights, adapters, scale, layer, 0, dropout, keys)
    q, k, v = torch.unbind(torch.transpose(qkv.view(split), 1, 3), 2)
    if mask.numel() == 0:
      if len(caches) > 0:
        kept_k = torch.narrow(caches[2 * layer], 2, 0, length).copy_(k)
        kept_v = torch.narrow(caches[2 * layer + 1], 2, 0, length).copy_(v)
      seen = self.attention(q, k, v, None, True)
    else:
      index = places.view([rows, 1, 1, 1]).expand([rows, self.HEADS, 1, self.HEAD_SIZE])
      kept_k = caches[2 * layer].scatter_(2, index, k)
      kept_v = caches[2 * layer + 1].scatter_(2, index, v)
      room = mask.size(3)
      seen = torch.scaled_dot_product_attention(q, torch.narrow(kept_k, 2, 0, room), torch.narrow(kept_v, 2, 0, room), mask, 0., False, scale=None, enable_gqa=False)
    seen = torch.transpose(seen, 1, 2).reshape([rows * length, -1])
    x = x + self.project(seen, weights, adapters, scale, layer, 1, dropout, keys)
    h = torch.layer_norm(x, hidden, weights[w + 2], weights[w + 3], self.NORM_EPSILON)
    h = torch.gelu(self.project(h, weights, adapters, scale, layer, 2, dropout, keys), approximate="tanh")
    return x + self.project(h, weights, adapters, scale, layer, 3, dropout, keys)

  # Logits [N, vocabulary] of hidden states [N, H].
  def logits(self: __torch__.Engine, weights: List[Tensor], x: Tensor) -> Tensor:
    last = self.weight_of(self.LAYERS, 0)
    h = torch.layer_norm(x, [x.size(1)], weights[last], weights[last + 1], self.NORM_EPSILON)
    if weights[last + 2].numel() == 0:
      return self.product(h, weights[0], None).to(6)
    return self.product(h, weights[last + 2], None).to(6)
