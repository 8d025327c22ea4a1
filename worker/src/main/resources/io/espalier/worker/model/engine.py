# The model and its training step, in TorchScript's serialized dialect (plain Python with types).
# The sizes in capitals come from config.json. libtorch compiles this text when a worker starts.
#
# Words: K slots (adapters trained together), R rows, T tokens of a row, N target tokens,
# P trainable numbers of one slot, H hidden size. Every slot has R / K rows, slot after slot.
#
# weights: the embedding; per layer 16 tensors: the norms before attention and before the MLP, then
# weight and bias (empty when there is none) of q, k, v, o, gate, up, down; the final norm; the
# output layer (empty when it is the embedding).
class Engine(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  LAYERS : int
  HEADS : int
  KV_HEADS : int
  HEAD_SIZE : int
  NORM_EPSILON : float

  # ------------------------------------------------------------------ what is trained

  # Every tensor of the model as a leaf that lies in flat [1, P], in the order of weights.
  def weight_leaves(self: __torch__.Engine, flat: Tensor, weights: List[Tensor]) -> List[Tensor]:
    leaves = annotate(List[Tensor], [])
    offset = 0
    for weight in weights:
      part = torch.narrow(flat[0], 0, offset, weight.numel()).view(weight.size())
      leaves.append(torch.requires_grad_(torch.detach(part), True))
      offset = offset + weight.numel()
    return leaves

  # A [K, r, in] and B [K, out, r] of each linear module as leaves in flat [K, P]; empty tensors
  # where the module's bit in modules is not set.
  def adapter_leaves(self: __torch__.Engine, flat: Tensor, weights: List[Tensor], rank: int, modules: int) -> List[Tensor]:
    leaves = annotate(List[Tensor], [])
    none = torch.narrow(flat[0], 0, 0, 0)
    slots = flat.size(0)
    offset = 0
    for layer in range(self.LAYERS):
      for module in range(7):
        if (modules >> module) & 1 == 1:
          weight = weights[1 + 16 * layer + 2 + 2 * module]
          wide = weight.size(1)
          high = weight.size(0)
          a = torch.narrow(flat, 1, offset, rank * wide).view([slots, rank, wide])
          offset = offset + rank * wide
          b = torch.narrow(flat, 1, offset, high * rank).view([slots, high, rank])
          offset = offset + high * rank
          leaves.append(torch.requires_grad_(torch.detach(a), True))
          leaves.append(torch.requires_grad_(torch.detach(b), True))
        else:
          leaves.append(none)
          leaves.append(none)
    return leaves

  # The weights with the only slot's adapters added in: W + scale B A.
  def merged(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor) -> List[Tensor]:
    sums = annotate(List[Tensor], [])
    for weight in weights:
      sums.append(weight)
    for layer in range(self.LAYERS):
      for module in range(7):
        at = 14 * layer + 2 * module
        if adapters[at].numel() > 0:
          w = 1 + 16 * layer + 2 + 2 * module
          sums[w] = torch.baddbmm(weights[w].unsqueeze(0), adapters[at + 1], adapters[at] * scale)[0]
    return sums

  # ------------------------------------------------------------------ the model

  # Zeros or 1 / (1 - p) per row, token and feature [R, T, F]: a pure function of (row key, module,
  # token, feature), by integer mixing (Chris Wellons' lowbias32) in 64-bit arithmetic.
  def dropout_mask(self: __torch__.Engine, keys: Tensor, module: int, length: int, features: int, p: float) -> Tensor:
    place = torch.arange(length * features, dtype=4, device=keys.device) * 2654435761 + module * 40503
    h = torch.bitwise_and(torch.bitwise_xor(keys.view([-1, 1]), place.view([1, -1])), 4294967295)
    h = torch.bitwise_xor(h, torch.bitwise_right_shift(h, 16))
    h = torch.bitwise_and(h * 569420461, 4294967295)
    h = torch.bitwise_xor(h, torch.bitwise_right_shift(h, 15))
    h = torch.bitwise_and(h * 1935289751, 4294967295)
    h = torch.bitwise_xor(h, torch.bitwise_right_shift(h, 15))
    keep = torch.ge(h, int(p * 4294967296.))
    return (keep.to(6) / (1. - p)).view([keys.size(0), length, features])

  # y = x W' + b, and where there is an adapter + scale (x A') B', slot by slot.
  def project(self: __torch__.Engine, x: Tensor, weight: Tensor, bias: Tensor, a: Tensor, b: Tensor, scale: Tensor, module: int, dropout: float, keys: Tensor) -> Tensor:
    if bias.numel() == 0:
      y = torch.linear(x, weight)
    else:
      y = torch.linear(x, weight, bias)
    if a.numel() == 0:
      return y
    slots = a.size(0)
    if dropout > 0.:
      rows = keys.size(0)
      length = x.size(0) // rows
      mask = self.dropout_mask(keys, module, length, x.size(1), dropout)
      dropped = x * mask.view(x.size())
    else:
      dropped = x
    down = torch.bmm(dropped.view([slots, -1, x.size(1)]), torch.transpose(a, 1, 2)) * scale
    return torch.baddbmm(y.view([slots, -1, y.size(1)]), down, torch.transpose(b, 1, 2)).view(y.size())

  # Rotary position embedding, HuggingFace's half-split layout. x [R, heads, T, head size].
  def rotate(self: __torch__.Engine, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = self.HEAD_SIZE // 2
    first = torch.narrow(x, 3, 0, half)
    second = torch.narrow(x, 3, half, half)
    return x * cos + torch.cat([torch.neg(second), first], 3) * sin

  # Keys or values [R, kv heads, T, head size] once for each query head: on a CPU the fused attention
  # takes only as many of them as of queries.
  def shared(self: __torch__.Engine, x: Tensor) -> Tensor:
    if self.KV_HEADS == self.HEADS:
      return x
    size = [x.size(0), self.KV_HEADS, self.HEADS // self.KV_HEADS, x.size(2), self.HEAD_SIZE]
    return x.unsqueeze(2).expand(size).reshape([x.size(0), self.HEADS, x.size(2), self.HEAD_SIZE])

  # One pass through all layers, before the final norm: [R T, H]. With caches (keys and values of
  # each layer [R, kv heads, room, head size]) keys and values are kept: of the whole prompt when
  # mask is empty, else of one token per row at its place, attending where mask [R, 1, 1, room] is
  # true.
  def layers(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, frequencies: Tensor, ids: Tensor, places: Tensor, mask: Tensor, caches: List[Tensor], dropout: float, keys: Tensor) -> Tensor:
    rows = ids.size(0)
    length = ids.size(1)
    angles = places.to(6).unsqueeze(-1) * frequencies
    angles = torch.cat([angles, angles], -1)
    if angles.dim() == 3:
      angles = angles.unsqueeze(1)
    cos = torch.cos(angles)
    sin = torch.sin(angles)
    x = torch.embedding(weights[0], ids).view([rows * length, -1])
    hidden = [x.size(1)]
    for layer in range(self.LAYERS):
      w = 1 + 16 * layer
      a = 14 * layer
      m = 7 * layer
      h = torch.rms_norm(x, hidden, weights[w], self.NORM_EPSILON)
      q = self.project(h, weights[w + 2], weights[w + 3], adapters[a], adapters[a + 1], scale, m, dropout, keys)
      k = self.project(h, weights[w + 4], weights[w + 5], adapters[a + 2], adapters[a + 3], scale, m + 1, dropout, keys)
      v = self.project(h, weights[w + 6], weights[w + 7], adapters[a + 4], adapters[a + 5], scale, m + 2, dropout, keys)
      q = self.rotate(torch.transpose(q.view([rows, length, self.HEADS, self.HEAD_SIZE]), 1, 2), cos, sin)
      k = self.rotate(torch.transpose(k.view([rows, length, self.KV_HEADS, self.HEAD_SIZE]), 1, 2), cos, sin)
      v = torch.transpose(v.view([rows, length, self.KV_HEADS, self.HEAD_SIZE]), 1, 2)
      if mask.numel() == 0:
        if len(caches) > 0:
          kept_k = torch.narrow(caches[2 * layer], 2, 0, length).copy_(k)
          kept_v = torch.narrow(caches[2 * layer + 1], 2, 0, length).copy_(v)
        seen = torch.scaled_dot_product_attention(q, self.shared(k), self.shared(v), None, 0., True, scale=None, enable_gqa=False)
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
      x = x + self.project(seen, weights[w + 8], weights[w + 9], adapters[a + 6], adapters[a + 7], scale, m + 3, dropout, keys)
      h = torch.rms_norm(x, hidden, weights[w + 1], self.NORM_EPSILON)
      gate = self.project(h, weights[w + 10], weights[w + 11], adapters[a + 8], adapters[a + 9], scale, m + 4, dropout, keys)
      up = self.project(h, weights[w + 12], weights[w + 13], adapters[a + 10], adapters[a + 11], scale, m + 5, dropout, keys)
      x = x + self.project(torch.silu(gate) * up, weights[w + 14], weights[w + 15], adapters[a + 12], adapters[a + 13], scale, m + 6, dropout, keys)
    return x

  # Logits [N, vocabulary] of hidden states [N, H].
  def logits(self: __torch__.Engine, weights: List[Tensor], x: Tensor) -> Tensor:
    last = 1 + 16 * self.LAYERS
    h = torch.rms_norm(x, [x.size(1)], weights[last], self.NORM_EPSILON)
    if weights[last + 1].numel() == 0:
      return torch.linear(h, weights[0])
    return torch.linear(h, weights[last + 1])

  # The model's logits at the target places (places in the flattened [R, T]) of right-padded rows.
  def target_logits(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, frequencies: Tensor, ids: Tensor, targets: Tensor, dropout: float, keys: Tensor) -> Tensor:
    none = annotate(List[Tensor], [])
    empty = torch.narrow(scale.view([-1]), 0, 0, 0)
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    x = self.layers(weights, adapters, scale, frequencies, ids, places, empty, none, dropout, keys)
    return self.logits(weights, torch.index_select(x, 0, targets))

  # ------------------------------------------------------------------ training

  # One micro-batch of every slot. Gives (gradients [K, P] with the given ones (or none: empty)
  # added, per-slot sums [2, K] in float64 with the given ones added: weighted loss, plain loss).
  # options: rank (0: all weights are trained), modules. settings: label smoothing, dropout.
  def accumulate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, gradients: Tensor, sums: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, settings: Tensor, ids: Tensor, targets: Tensor, labels: Tensor, slots: Tensor, shares: Tensor, keys: Tensor) -> Tuple[Tensor, Tensor]:
    rank = int(options[0].item())
    modules = int(options[1].item())
    smoothing = float(settings[0].item())
    dropout = float(settings[1].item())
    used = weights
    if rank == 0:
      used = self.weight_leaves(flat, weights)
    adapters = self.adapter_leaves(flat, weights, rank, modules)
    logits = self.target_logits(used, adapters, scale, frequencies, ids, targets, dropout, keys)
    losses = torch.cross_entropy_loss(logits, labels, None, 0, -100, smoothing).to(7)
    weighted = torch.index_add(torch.zeros_like(sums[0]), 0, slots, losses * shares)
    plain = torch.index_add(torch.zeros_like(sums[0]), 0, slots, torch.detach(losses))
    wanted = annotate(List[Tensor], [])
    for leaf in (used if rank == 0 else adapters):
      if leaf.numel() > 0:
        wanted.append(leaf)
    found = torch.grad([torch.sum(weighted)], wanted)
    parts = annotate(List[Tensor], [])
    for part in found:
      if part is not None:
        parts.append(part.reshape([flat.size(0), -1]))
    fresh = torch.cat(parts, 1)
    if gradients.numel() > 0:
      fresh = fresh + gradients
    return (fresh, sums + torch.stack([torch.detach(weighted), plain]))

  # How many columns of [K, P] are worked on at a time: on a CPU as many as stay in its cache.
  def stride(self: __torch__.Engine, flat: Tensor) -> int:
    if flat.is_cuda:
      return flat.size(1)
    return max(1024, 65536 // flat.size(0))

  # Gradient norm of each slot [K], summed in float64.
  def norms(self: __torch__.Engine, gradients: Tensor) -> Tensor:
    squares = torch.zeros([gradients.size(0)], dtype=7, device=gradients.device)
    for part in torch.split(gradients, self.stride(gradients), 1):
      wide = part.to(7)
      squares = squares + torch.sum(wide * wide, [1])
    return torch.sqrt(squares)

  # One step of AdamW as torch.optim does it, for the slots that are due and finite; the others keep
  # every bit. steps and due [K, 1]; norms [K]; settings [K, 6] in float64: learning rate, clipping
  # norm (0: off), beta1, beta2, epsilon, weight decay.
  def update(self: __torch__.Engine, flat: Tensor, first: Tensor, second: Tensor, steps: Tensor, gradients: Tensor, norms: Tensor, due: Tensor, settings: Tensor) -> Tensor:
    norm = norms.unsqueeze(1)
    apply = torch.logical_and(due, torch.isfinite(norm))
    rate, ceiling, beta1, beta2, epsilon, decay = torch.unbind(settings.unsqueeze(2), 1)
    clip = ceiling / (norm + 1e-6)
    unclipped = torch.logical_or(torch.le(ceiling, 0), torch.ge(clip, 1))
    clip = torch.where(unclipped, torch.ones_like(clip), clip).to(6)
    step = steps + 1
    fresh1 = (1 - beta1).to(6)
    kept2 = beta2.to(6)
    fresh2 = (1 - beta2).to(6)
    size = torch.neg(rate / (1 - torch.pow(beta1, step))).to(6)
    correction = torch.sqrt(1 - torch.pow(beta2, step)).to(6)
    shrink = (1 - rate * decay).to(6)
    small = epsilon.to(6)
    width = self.stride(flat)
    ps = torch.split(flat, width, 1)
    ms = torch.split(first, width, 1)
    vs = torch.split(second, width, 1)
    gs = torch.split(gradients, width, 1)
    for i in range(len(ps)):
      g = gs[i] * clip
      m = torch.lerp(ms[i], g, fresh1)
      v = torch.addcmul(vs[i] * kept2, g * fresh2, g)
      root = torch.sqrt(v).div_(correction).add_(small)
      p = torch.addcdiv(ps[i] * shrink, m * size, root)
      # Never by multiplying with a mask: 0 times NaN is NaN.
      kept_p = ps[i].copy_(torch.where(apply, p, ps[i]))
      kept_m = ms[i].copy_(torch.where(apply, m, ms[i]))
      kept_v = vs[i].copy_(torch.where(apply, v, vs[i]))
    kept_s = steps.copy_(torch.where(apply, step, steps))
    return apply

  # ------------------------------------------------------------------ evaluation

  # One slot's view of flat: what follows looks at a single trained state.
  def state_of(self: __torch__.Engine, flat: Tensor, slot: Tensor) -> Tensor:
    return torch.narrow(flat, 0, int(slot.item()), 1)

  # Sums over the target tokens [2] in float64: loss, hits (the right token is the likeliest).
  def evaluate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
    logits = self.predict(weights, flat, slot, frequencies, scale, options, ids, targets)
    losses = torch.cross_entropy_loss(logits, labels, None, 0, -100, 0.).to(7)
    hits = torch.eq(torch.argmax(logits, 1), labels).to(7)
    return torch.stack([torch.sum(losses), torch.sum(hits)])

  # Logits [N, vocabulary] at the target places.
  def predict(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    rank = int(options[0].item())
    state = self.state_of(flat, slot)
    used = weights
    if rank == 0:
      used = self.weight_leaves(state, weights)
    adapters = self.adapter_leaves(state, weights, rank, int(options[1].item()))
    return self.target_logits(used, adapters, scale[slot], frequencies, ids, targets, 0., slot)

  # The likeliest continuation of right-padded prompts ids [R, T] of the given lengths [R]: tokens
  # [R, newest], -1 after an end token. A row that ended is taken out of the pass.
  def generate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, lengths: Tensor, ends: Tensor, newest: Tensor) -> Tensor:
    rank = int(options[0].item())
    limit = int(newest.item())
    state = self.state_of(flat, slot)
    used = weights
    if rank == 0:
      used = self.weight_leaves(state, weights)
    scale1 = scale[slot]
    used = self.merged(used, self.adapter_leaves(state, weights, rank, int(options[1].item())), scale1)
    adapters = self.adapter_leaves(state, weights, 0, 0)
    rows = ids.size(0)
    room = ids.size(1) + limit
    caches = annotate(List[Tensor], [])
    for i in range(2 * self.LAYERS):
      caches.append(torch.zeros([rows, self.KV_HEADS, room, self.HEAD_SIZE], dtype=6, device=ids.device))
    empty = torch.narrow(scale.view([-1]), 0, 0, 0)
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    x = self.layers(used, adapters, scale1, frequencies, ids, places, empty, caches, 0., slot)
    start = torch.arange(rows, dtype=4, device=ids.device) * ids.size(1)
    token = torch.argmax(self.logits(used, torch.index_select(x, 0, start + lengths - 1)), 1)
    out = torch.full([rows, limit], -1, dtype=4, device=ids.device)
    alive = torch.arange(rows, dtype=4, device=ids.device)
    place = lengths
    done = 0
    longest = ids.size(1)
    running = True
    while running:
      ended = torch.any(torch.eq(token.unsqueeze(1), ends.unsqueeze(0)), 1)
      column = torch.where(ended, torch.full_like(token, -1), token)
      kept = torch.select(out, 1, done).index_copy_(0, alive, column)
      done = done + 1
      going = torch.nonzero(torch.logical_not(ended)).view([-1])
      if going.size(0) == 0 or done == limit:
        running = False
      else:
        if going.size(0) < token.size(0):
          token = torch.index_select(token, 0, going)
          alive = torch.index_select(alive, 0, going)
          place = torch.index_select(place, 0, going)
          fewer = annotate(List[Tensor], [])
          for cache in caches:
            fewer.append(torch.index_select(cache, 0, going))
          caches = fewer
        longest = longest + 1
        reach = torch.arange(longest, dtype=4, device=ids.device).view([1, 1, 1, -1])
        mask = torch.le(reach, place.view([-1, 1, 1, 1]))
        x = self.layers(used, adapters, scale1, frequencies, token.unsqueeze(1), place.unsqueeze(1), mask, caches, 0., slot)
        token = torch.argmax(self.logits(used, x), 1)
        place = place + 1
    return out

  # Logits [1, vocabulary] after the tokens ids [1, T] of one row, the first at place [1] of it: the
  # whole prompt at place 0, then token by token. cache [2 LAYERS, 1, kv heads, room, head size]
  # holds what stands before them and takes them in.
  def follow(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, place: Tensor, cache: Tensor) -> Tensor:
    rank = int(options[0].item())
    start = int(place.item())
    state = self.state_of(flat, slot)
    adapters = self.adapter_leaves(state, weights, rank, int(options[1].item()))
    caches = annotate(List[Tensor], [])
    for i in range(2 * self.LAYERS):
      caches.append(torch.select(cache, 0, i))
    if start == 0:
      mask = torch.narrow(scale.view([-1]), 0, 0, 0)
      places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    else:
      mask = torch.ones([1, 1, 1, start + 1], dtype=11, device=ids.device)
      places = place.unsqueeze(1)
    x = self.layers(weights, adapters, scale[slot], frequencies, ids, places, mask, caches, 0., slot)
    return self.logits(weights, torch.narrow(x, 0, ids.size(1) - 1, 1))

  # ------------------------------------------------------------------ loading

  # A float32 copy of a stored tensor; 16-bit types come in as their bytes, two a value.
  def load_float32(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.clone(stored)

  def load_float16(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.view_copy(stored, dtype=5).to(6)

  def load_bfloat16(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.view_copy(stored, dtype=15).to(6)

  # All weights in one row [1, P].
  def flatten(self: __torch__.Engine, weights: List[Tensor]) -> Tensor:
    parts = annotate(List[Tensor], [])
    for weight in weights:
      parts.append(weight.reshape([-1]))
    return torch.cat(parts, 0).unsqueeze(0)
