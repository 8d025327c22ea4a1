  # ------------------------------------------------------------------ the model

  # BERT for sequence classification: learned positions, a layer norm after attention and MLP, every
  # token sees all of its row. The sizes in capitals come from config.json.
  #
  # weights: the embeddings of tokens, of positions and of token types, weight and bias of their norm;
  # per layer weight and bias of the norms after attention and after the MLP; weight and bias of query,
  # key, value, attention.output.dense, intermediate.dense, output.dense; of the pooler; of the
  # classifier. A trained classifier lies behind the adapters' tensors: [K, classes, H], [K, classes].
  HEADS : int
  HEAD_SIZE : int
  NORM_EPSILON : float

  # [R T, H] as heads [R, heads, T, head size].
  def heads(self: __torch__.Engine, x: Tensor, rows: int) -> Tensor:
    return torch.transpose(x.view([rows, -1, self.HEADS, self.HEAD_SIZE]), 1, 2)

  # Which tokens are seen [R, 1, 1, T]: ids below 0 are padding. A row of padding alone sees its first
  # token, or its softmax would be 0 / 0.
  def context(self: __torch__.Engine, frequencies: Tensor, ids: Tensor, places: Tensor, mask: Tensor) -> List[Tensor]:
    seen = torch.logical_or(torch.ge(ids, 0), torch.eq(places, 0))
    return [seen.view([ids.size(0), 1, 1, ids.size(1)])]

  # Before the first layer [R T, H].
  def embedded(self: __torch__.Engine, weights: List[Tensor], ids: Tensor, places: Tensor) -> Tensor:
    x = torch.embedding(weights[0], torch.clamp_min(ids, 0)) + weights[2][0] + torch.embedding(weights[1], places)
    x = x.view([ids.numel(), -1])
    return torch.layer_norm(x, [x.size(1)], weights[3], weights[4], self.NORM_EPSILON)

  def layer(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, context: List[Tensor], caches: List[Tensor], layer: int, x: Tensor, dropout: float, keys: Tensor) -> Tensor:
    rows = ids.size(0)
    seen = context[0]
    hidden = [x.size(1)]
    w = self.weight_of(layer, 0) - self.NORMS
    h = x.to(6)
    q = self.heads(self.project(h, weights, adapters, scale, layer, 0, dropout, keys), rows)
    k = self.heads(self.project(h, weights, adapters, scale, layer, 1, dropout, keys), rows)
    v = self.heads(self.project(h, weights, adapters, scale, layer, 2, dropout, keys), rows)
    h = self.attention(q, k, v, seen, False)
    h = torch.transpose(h, 1, 2).reshape([x.size(0), -1])
    h = self.project(h, weights, adapters, scale, layer, 3, dropout, keys)
    x = torch.layer_norm(x + h, hidden, weights[w], weights[w + 1], self.NORM_EPSILON)
    h = torch.gelu(self.project(x, weights, adapters, scale, layer, 4, dropout, keys))
    h = self.project(h, weights, adapters, scale, layer, 5, dropout, keys)
    return torch.layer_norm(x + h, hidden, weights[w + 2], weights[w + 3], self.NORM_EPSILON)

  # The logits [N, classes] of the rows that the targets (places in the flattened [R, T]) are in.
  def outputs(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, targets: Tensor, x: Tensor, dropout: float, keys: Tensor) -> Tensor:
    first = torch.select(x.view([ids.size(0), ids.size(1), -1]), 1, 0)
    pooled = torch.tanh(self.project(first, weights, adapters, scale, self.LAYERS, 0, dropout, keys))
    weight = adapters[3 * self.modules()]
    if weight.numel() == 0:
      last = self.weight_of(self.LAYERS, self.FOLLOWING)
      logits = torch.linear(pooled, weights[last], weights[last + 1]).to(6)
    else:
      bias = adapters[3 * self.modules() + 1].unsqueeze(1)
      mine = pooled.to(6).view([weight.size(0), -1, pooled.size(1)])
      logits = torch.baddbmm(bias, mine, torch.transpose(weight, 1, 2)).view([ids.size(0), -1])
    return torch.index_select(logits, 0, torch.floor_divide(targets, ids.size(1)))
