# The training step of every model and its pieces, in TorchScript's serialized dialect (plain Python
# with types). libtorch compiles this text when a worker starts, with the model family's own
# text after it (decoder.py, rotary.py and their like), which has `context` (what every layer reads
# of the pass), `embedded`, `layer` and `outputs` (the logits at the target places).
#
# Words: K slots (adapters trained together), R rows, T tokens of a row, N target tokens,
# P trainable numbers of one slot, H hidden size, M linear modules of the model (MODULES of each layer,
# FOLLOWING after the last; there `layer` is LAYERS). Every slot has R / K rows, slot after slot.
#
# weights: LEADING tensors; for each layer its NORMS tensors, then weight and bias (empty when there
# is none) of its MODULES linear modules; those of the FOLLOWING modules; the rest.
# adapters: of each module A [K, r, in], B [K, out, r] and, with DoRA, the magnitude [K, out]; empty
# tensors where there is none. scale [M, K, 1, 1]: what a module's product is multiplied with.
# In a model with CLASSES its head's weight [K, CLASSES, H] and bias [K, CLASSES] follow.
# The model's weights and what flows between its layers are of type DTYPE, as libtorch numbers them:
# 6 float32, 15 bfloat16. What is trained is float32, as is all that comes out.
# ONEDNN: from how many multiplications on oneDNN makes a product with a frozen weight; 0: never.
# options: whether all weights are trained, whether adapters have magnitudes, rank of each module,
# whether the head is trained beside the adapters.
class Engine(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  LAYERS : int
  LEADING : int
  NORMS : int
  MODULES : int
  FOLLOWING : int
  CLASSES : int
  DTYPE : int
  ONEDNN : int

  # ------------------------------------------------------------------ what is trained

  # Where a module's weight is; its bias is next.
  def weight_of(self: __torch__.Engine, layer: int, module: int) -> int:
    at = self.LEADING + layer * (self.NORMS + 2 * self.MODULES) + 2 * module
    if layer < self.LAYERS:
      at = at + self.NORMS
    return at

  # M.
  def modules(self: __torch__.Engine) -> int:
    return self.LAYERS * self.MODULES + self.FOLLOWING

  # Every tensor of the model as a leaf that lies in flat [1, P], in the order of weights.
  def weight_leaves(self: __torch__.Engine, flat: Tensor, weights: List[Tensor]) -> List[Tensor]:
    leaves = annotate(List[Tensor], [])
    offset = 0
    for weight in weights:
      part = torch.narrow(flat[0], 0, offset, weight.numel()).view(weight.size())
      leaves.append(torch.requires_grad_(torch.detach(part), True))
      offset = offset + weight.numel()
    return leaves

  # The weights as they are trained: the model's own, or leaves in flat.
  def used_weights(self: __torch__.Engine, flat: Tensor, weights: List[Tensor], options: Tensor) -> List[Tensor]:
    used = weights
    if int(options[0].item()) == 1:
      used = self.weight_leaves(flat, weights)
    return used

  # The adapters' tensors as leaves in flat [K, P].
  def adapter_leaves(self: __torch__.Engine, flat: Tensor, weights: List[Tensor], options: Tensor) -> List[Tensor]:
    leaves = annotate(List[Tensor], [])
    # One copy for all the ranks: each look at a GPU's memory would wait for it.
    choices = options.cpu()
    magnitudes = int(choices[1].item()) == 1
    none = torch.narrow(flat[0], 0, 0, 0)
    slots = flat.size(0)
    offset = 0
    for at in range(self.modules()):
      rank = int(choices[2 + at].item())
      if rank == 0:
        leaves.append(none)
        leaves.append(none)
        leaves.append(none)
      else:
        weight = weights[self.weight_of(at // self.MODULES, at % self.MODULES)]
        wide = weight.size(1)
        high = weight.size(0)
        a = torch.narrow(flat, 1, offset, rank * wide).view([slots, rank, wide])
        offset = offset + rank * wide
        b = torch.narrow(flat, 1, offset, high * rank).view([slots, high, rank])
        offset = offset + high * rank
        leaves.append(torch.requires_grad_(torch.detach(a), True))
        leaves.append(torch.requires_grad_(torch.detach(b), True))
        if magnitudes:
          m = torch.narrow(flat, 1, offset, high)
          offset = offset + high
          leaves.append(torch.requires_grad_(torch.detach(m), True))
        else:
          leaves.append(none)
    if self.CLASSES > 0:
      if int(choices[2 + self.modules()].item()) == 0:
        leaves.append(none)
        leaves.append(none)
      else:
        wide = weights[-2].size(1)
        head = torch.narrow(flat, 1, offset, self.CLASSES * wide).view([slots, self.CLASSES, wide])
        bias = torch.narrow(flat, 1, offset + self.CLASSES * wide, self.CLASSES)
        leaves.append(torch.requires_grad_(torch.detach(head), True))
        leaves.append(torch.requires_grad_(torch.detach(bias), True))
    return leaves

  # Norms [K, out] of the rows of W + scale B A, without making that matrix. As PEFT has it, no
  # gradient flows through them.
  def row_norms(self: __torch__.Engine, weight: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    w = torch.detach(weight).to(6)
    da = torch.detach(a)
    db = torch.detach(b)
    s = scale.view([-1, 1])
    own = torch.sum(w * w, [1]).unsqueeze(0)
    crossed = torch.sum(torch.matmul(w.unsqueeze(0), torch.transpose(da, 1, 2)) * db, [2])
    added = torch.sum(torch.matmul(db, torch.bmm(da, torch.transpose(da, 1, 2))) * db, [2])
    return torch.sqrt(own + crossed * s * 2. + added * s * s)

  # The weights with the only slot's adapters added in: W + scale B A, with magnitudes each row at
  # its length.
  def merged(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor) -> List[Tensor]:
    sums = annotate(List[Tensor], [])
    for weight in weights:
      sums.append(weight)
    for at in range(self.modules()):
      a = adapters[3 * at]
      if a.numel() > 0:
        w = self.weight_of(at // self.MODULES, at % self.MODULES)
        b = adapters[3 * at + 1]
        m = adapters[3 * at + 2]
        whole = torch.baddbmm(weights[w].unsqueeze(0), b, a * scale[at])
        if m.numel() > 0:
          whole = whole * (m / self.row_norms(weights[w], a, b, scale[at])).unsqueeze(2)
        sums[w] = whole[0]
    return sums

  # ------------------------------------------------------------------ a linear module

  # x W' + b of a weight, which is frozen but in full training.
  def product(self: __torch__.Engine, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    wide = self.ONEDNN > 0 and x.size(0) * weight.numel() >= self.ONEDNN
    if wide and not weight.requires_grad:
      return torch.to_dense(torch.mkldnn_linear(torch.to_mkldnn(x), weight, bias))
    return torch.linear(x, weight, bias)

  # Zeros or 1 / (1 - p) per row, token and feature [R, T, F]: a pure function of (row key, module,
  # token, feature), by integer mixing (Chris Wellons' lowbias32). 32-bit products wrap around, and what
  # a shift drags in from the sign is cut off.
  def dropout_mask(self: __torch__.Engine, keys: Tensor, module: int, length: int, features: int, p: float) -> Tensor:
    place = torch.arange(length * features, dtype=4, device=keys.device) * 2654435761 + module * 40503
    h = torch.bitwise_xor(keys.to(3).view([-1, 1]), place.to(3).view([1, -1]))
    h = h.bitwise_xor_(torch.bitwise_right_shift(h, 16).bitwise_and_(65535)).mul_(569420461)
    h = h.bitwise_xor_(torch.bitwise_right_shift(h, 15).bitwise_and_(131071)).mul_(1935289751)
    h = h.bitwise_xor_(torch.bitwise_right_shift(h, 15).bitwise_and_(131071))
    keep = torch.ge(h, int(p * 4294967296.) - 2147483648)
    return keep.to(6).mul_(1. / (1. - p)).view([keys.size(0), length, features])

  # y = x W' + b of a module, and where it has an adapter + scale (x A') B', slot by slot. With
  # magnitudes m each output is scaled by m / norm of its row of W + scale B A. As PEFT has it, an
  # adapter reads and adds in float32, and the sum is rounded to DTYPE. Rounded x may come as
  # float32: so modules that read the same keep one copy of it.
  def project(self: __torch__.Engine, x: Tensor, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, layer: int, module: int, dropout: float, keys: Tensor) -> Tensor:
    at = self.weight_of(layer, module)
    weight = weights[at]
    bias = weights[at + 1]
    m = layer * self.MODULES + module
    a = adapters[3 * m]
    b = adapters[3 * m + 1]
    magnitude = adapters[3 * m + 2]
    low = x.to(self.DTYPE)
    added = annotate(Optional[Tensor], None)
    if bias.numel() > 0 and magnitude.numel() == 0:
      added = bias
    y = self.product(low, weight, added)
    if a.numel() == 0:
      return y
    slots = a.size(0)
    dropped = x.to(6)
    if dropout > 0.:
      rows = keys.size(0)
      length = x.size(0) // rows
      mask = self.dropout_mask(keys, m, length, x.size(1), dropout)
      dropped = dropped * mask.view(x.size())
    down = torch.bmm(dropped.view([slots, -1, x.size(1)]), torch.transpose(a, 1, 2)).mul_(scale[m])
    wide = [slots, -1, y.size(1)]
    up = torch.transpose(b, 1, 2)
    if magnitude.numel() == 0 and y.is_cuda and self.DTYPE != 6:
      # A GPU adds float32 to a narrower type in one go, and rounds once: y needs no wider copy.
      return torch._unsafe_view(y, wide).add_(torch.bmm(down, up)).view(y.size())
    y = y.to(6)
    if magnitude.numel() == 0:
      # In place: what a linear layer gave is nobody else's, and its gradient does not need it.
      return torch._unsafe_view(y, wide).baddbmm_(down, up).view(y.size()).to(self.DTYPE)
    factor = (magnitude / self.row_norms(weight, a, b, scale[m])).unsqueeze(1)
    if dropout > 0.:
      # As PEFT has it: what the magnitudes change is computed on what dropout left.
      left = self.product(dropped, weight.to(6), None).view(wide)
      z = y.view(wide) - left + torch.baddbmm(left, down, up) * factor
    else:
      z = torch.baddbmm(y.view(wide), down, up) * factor
    z = z.view(y.size())
    if bias.numel() > 0:
      z = z + bias
    return z.to(self.DTYPE)

  # ------------------------------------------------------------------ attention

  # Of whole rows: q, k, v [R, heads, T, head size]. On a CPU in float32 whatever DTYPE is: in bfloat16
  # the gradient of libtorch's fused attention takes several times as long there.
  def attention(self: __torch__.Engine, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor], causal: bool) -> Tensor:
    if q.is_cuda:
      return torch.scaled_dot_product_attention(q, k, v, mask, 0., causal, scale=None, enable_gqa=False)
    seen = torch.scaled_dot_product_attention(q.to(6), k.to(6), v.to(6), mask, 0., causal, scale=None, enable_gqa=False)
    return seen.to(self.DTYPE)

  # ------------------------------------------------------------------ the model as a whole

  # One pass through all layers [R T, H]. places: of each row's tokens, [T] or [R, T].
  def layers(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, frequencies: Tensor, ids: Tensor, places: Tensor, mask: Tensor, caches: List[Tensor], dropout: float, keys: Tensor) -> Tensor:
    context = self.context(frequencies, ids, places, mask)
    x = self.embedded(weights, ids, places)
    for layer in range(self.LAYERS):
      x = self.layer(weights, adapters, scale, ids, context, caches, layer, x, dropout, keys)
    return x

  # The logits at the target places (places in the flattened [R, T]) of right-padded rows.
  def target_logits(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, frequencies: Tensor, ids: Tensor, targets: Tensor, dropout: float, keys: Tensor) -> Tensor:
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    none = annotate(List[Tensor], [])
    empty = torch.narrow(scale.view([-1]), 0, 0, 0)
    x = self.layers(weights, adapters, scale, frequencies, ids, places, empty, none, dropout, keys)
    return self.outputs(weights, adapters, scale, ids, targets, x, dropout, keys)

  # ------------------------------------------------------------------ gradient checkpointing

  # The lowest layer with something to train in it; LAYERS when there is none.
  def lowest(self: __torch__.Engine, adapters: List[Tensor], whole: bool) -> int:
    lowest = self.LAYERS
    for at in range(self.LAYERS * self.MODULES):
      if adapters[3 * at].numel() > 0 or whole:
        lowest = min(lowest, at // self.MODULES)
    return lowest

  # Adds gradients to the sums where there are any; an empty sum has had none yet.
  def add(self: __torch__.Engine, sums: List[Tensor], found: List[Optional[Tensor]]) -> List[Tensor]:
    added = annotate(List[Tensor], [])
    for i in range(len(sums)):
      part = found[i]
      if part is not None:
        if sums[i].numel() == 0:
          added.append(part)
        else:
          added.append(sums[i] + part)
      else:
        added.append(sums[i])
    return added

  # The inputs of all layers, and what comes out of the last, without what their gradients need.
  def inputs(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, places: Tensor, context: List[Tensor], dropout: float, keys: Tensor) -> List[Tensor]:
    torch.set_grad_enabled(False)
    none = annotate(List[Tensor], [])
    x = self.embedded(weights, ids, places)
    inputs = [x]
    for layer in range(self.LAYERS):
      x = self.layer(weights, adapters, scale, ids, context, none, layer, x, dropout, keys)
      inputs.append(x)
    torch.set_grad_enabled(True)
    return inputs

  # Gradients of the leaves `wanted`: layer by layer from the last each is computed once more, and
  # differentiated with the gradient of what came out of it. inputs: as above, its last a leaf
  # that `top` was computed from, whose gradient is `upstream`.
  def recomputed(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, places: Tensor, context: List[Tensor], dropout: float, keys: Tensor, inputs: List[Tensor], top: Tensor, upstream: List[Optional[Tensor]], wanted: List[Tensor], whole: bool) -> List[Tensor]:
    none = annotate(List[Tensor], [])
    sums = annotate(List[Tensor], [])
    for leaf in wanted:
      sums.append(torch.narrow(top.view([-1]), 0, 0, 0))
    found = torch.grad([top], wanted + [inputs[-1]], upstream, None, False, True)
    sums = self.add(sums, found)
    lowest = self.lowest(adapters, whole)
    for above in range(self.LAYERS - lowest):
      layer = self.LAYERS - 1 - above
      gradient = [found[-1]]
      start = torch.detach(inputs[layer])
      leaves = wanted
      # Below the lowest nobody asks for a gradient.
      if whole or layer > lowest:
        start = torch.requires_grad_(start, True)
        leaves = wanted + [start]
      x = self.layer(weights, adapters, scale, ids, context, none, layer, start, dropout, keys)
      found = torch.grad([x], leaves, gradient, None, False, True)
      sums = self.add(sums, found)
    if whole:
      x = self.embedded(weights, ids, places)
      sums = self.add(sums, torch.grad([x], wanted, [found[-1]], None, False, True))
    return sums

  # ------------------------------------------------------------------ training

  # How many target tokens have their logits at one time: as many as take half a gigabyte in float32, on
  # a CPU 16 MiB, which stay in its cache; 512 of any vocabulary, or reading the head's weight would
  # take longer than that spares. Of a head that is trained itself, and of classes, all at once.
  def at_once(self: __torch__.Engine, weights: List[Tensor], targets: Tensor, whole: bool) -> int:
    if whole or self.CLASSES > 0:
      return targets.size(0)
    most = max(1, 134217728 // weights[0].size(0))
    if targets.is_cuda:
      return most
    return min(most, max(512, 4194304 // weights[0].size(0)))

  # Losses of the target tokens [N] in float64, and the gradient of what their logits are computed
  # from, x [N, H], when each loss counts with its share: part by part, so that the logits of all
  # are never there together.
  def in_parts(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, x: Tensor, labels: Tensor, shares: Tensor, smoothing: float, dropout: float, keys: Tensor, count: int) -> Tuple[Tensor, Tensor]:
    losses = annotate(List[Tensor], [])
    gradients = annotate(List[Tensor], [])
    wanted = torch.split(labels, count)
    weighted = torch.split(shares, count)
    parts = torch.split(torch.detach(x), count)
    for i in range(len(parts)):
      leaf = torch.requires_grad_(torch.detach(parts[i]), True)
      all = torch.arange(leaf.size(0), dtype=4, device=ids.device)
      logits = self.outputs(weights, adapters, scale, ids, all, leaf, dropout, keys)
      loss = torch.cross_entropy_loss(logits, wanted[i], None, 0, -100, smoothing).to(7)
      losses.append(torch.detach(loss))
      for found in torch.grad([torch.sum(loss * weighted[i])], [leaf]):
        if found is not None:
          gradients.append(found)
    return (torch.cat(losses, 0), torch.cat(gradients, 0))

  # One micro-batch of every slot. Gives (gradients [K, P] with the given ones (or none: empty)
  # added, per-slot sums [2, K] in float64 with the given ones added: weighted loss, plain loss).
  # settings: label smoothing, dropout, whether to keep only what flows between layers.
  def accumulate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, gradients: Tensor, sums: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, settings: Tensor, ids: Tensor, targets: Tensor, labels: Tensor, slots: Tensor, shares: Tensor, keys: Tensor) -> Tuple[Tensor, Tensor]:
    smoothing = float(settings[0].item())
    dropout = float(settings[1].item())
    checkpointing = int(settings[2].item()) == 1
    whole = int(options[0].item()) == 1
    used = self.used_weights(flat, weights, options)
    adapters = self.adapter_leaves(flat, weights, options)
    trained = adapters
    if whole:
      trained = used
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    context = self.context(frequencies, ids, places, torch.narrow(scale.view([-1]), 0, 0, 0))
    inputs = annotate(List[Tensor], [])
    if checkpointing:
      inputs = self.inputs(used, adapters, scale, ids, places, context, dropout, keys)
      x = torch.requires_grad_(torch.detach(inputs[-1]), True)
      inputs[-1] = x
    else:
      none = annotate(List[Tensor], [])
      x = self.embedded(used, ids, places)
      for layer in range(self.LAYERS):
        x = self.layer(used, adapters, scale, ids, context, none, layer, x, dropout, keys)
    upstream = annotate(List[Optional[Tensor]], [])
    count = self.at_once(weights, targets, whole)
    if targets.size(0) > count:
      top = torch.index_select(x, 0, targets)
      losses, gradient = self.in_parts(used, adapters, scale, ids, top, labels, shares, smoothing, dropout, keys, count)
      upstream.append(gradient)
      weighted = torch.index_add(torch.zeros_like(sums[0]), 0, slots, losses * shares)
    else:
      logits = self.outputs(used, adapters, scale, ids, targets, x, dropout, keys)
      losses = torch.cross_entropy_loss(logits, labels, None, 0, -100, smoothing).to(7)
      weighted = torch.index_add(torch.zeros_like(sums[0]), 0, slots, losses * shares)
      top = torch.sum(weighted)
      upstream.append(None)
    plain = torch.index_add(torch.zeros_like(sums[0]), 0, slots, torch.detach(losses))
    wanted = annotate(List[Tensor], [])
    for leaf in trained:
      if leaf.numel() > 0:
        wanted.append(leaf)
    parts = annotate(List[Tensor], [])
    if checkpointing:
      for part in self.recomputed(used, adapters, scale, ids, places, context, dropout, keys, inputs, top, upstream, wanted, whole):
        parts.append(part.reshape([flat.size(0), -1]))
    else:
      for found in torch.grad([top], wanted, upstream):
        if found is not None:
          parts.append(found.reshape([flat.size(0), -1]))
    fresh = torch.cat(parts, 1)
    if gradients.numel() > 0:
      fresh = fresh + gradients
    return (fresh, sums + torch.stack([torch.detach(weighted), plain]))

  # How many columns of [K, P] are worked on at a time: on a CPU as many as stay in its cache, on a
  # GPU so many that what is made on the way is small beside [K, P].
  def stride(self: __torch__.Engine, flat: Tensor) -> int:
    numbers = 65536
    if flat.is_cuda:
      numbers = 16777216
    return max(1024, numbers // flat.size(0))

  # Gradient norm of each slot [K], summed in float64.
  def norms(self: __torch__.Engine, gradients: Tensor) -> Tensor:
    if gradients.is_cuda:
      return torch.linalg_vector_norm(gradients, 2, [1], False, dtype=7)
    squares = torch.zeros([gradients.size(0)], dtype=7, device=gradients.device)
    for part in torch.split(gradients, self.stride(gradients), 1):
      wide = part.to(7)
      squares = squares + torch.sum(wide * wide, [1])
    return torch.sqrt(squares)

  # Gradients and sums of the slots whose update is not over; zero for the others (and never by
  # multiplying with a mask: 0 times NaN is NaN).
  def unfinished(self: __torch__.Engine, gradients: Tensor, sums: Tensor, over: Tensor) -> Tuple[Tensor, Tensor]:
    ended = over.view([-1, 1])
    kept = torch.where(ended, torch.zeros_like(gradients), gradients)
    return (kept, torch.where(over.view([1, -1]), torch.zeros_like(sums), sums))

  # One step as torch.optim does it, for the slots that are due and finite; the others keep every
  # bit. kind: 0 AdamW, 1 Adam, 2 SGD. steps and due [K, 1]; norms [K]; settings [K, 6] in float64:
  # learning rate, clipping norm (0: off), beta1 (SGD: momentum), beta2, epsilon, weight decay.
  # multiplier: of the learning rate of each tensor in flat [K, tensors], in float64; tensors [P]: the one that a
  # number belongs to, empty where all have the first one's multiplier.
  def update(self: __torch__.Engine, flat: Tensor, first: Tensor, second: Tensor, steps: Tensor, gradients: Tensor, norms: Tensor, due: Tensor, settings: Tensor, multiplier: Tensor, tensors: Tensor, kind: Tensor) -> Tensor:
    optimizer = int(kind.item())
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
    size = torch.neg(rate / (1 - torch.pow(beta1, step)))
    correction = torch.sqrt(1 - torch.pow(beta2, step)).to(6)
    small = epsilon.to(6)
    momentum = torch.where(torch.gt(steps, 0), beta1, torch.zeros_like(beta1)).to(6)
    width = self.stride(flat)
    ps = torch.split(flat, width, 1)
    ms = torch.split(first, width, 1)
    vs = torch.split(second, width, 1)
    gs = torch.split(gradients, width, 1)
    places = torch.split(tensors, width)
    for i in range(len(ps)):
      factor = multiplier
      if tensors.numel() > 0:
        factor = torch.index_select(multiplier, 1, places[i])
      g = gs[i] * clip
      if optimizer > 0:
        g = g + ps[i] * decay.to(6)
      p = ps[i]
      v = vs[i]
      if optimizer == 2:
        m = ms[i] * momentum + g
        p = p - m * (rate * factor).to(6)
      else:
        m = torch.lerp(ms[i], g, fresh1)
        v = torch.addcmul(v * kept2, g * fresh2, g)
        root = torch.sqrt(v).div_(correction).add_(small)
        if optimizer == 0:
          p = p * (1 - rate * factor * decay).to(6)
        p = torch.addcdiv(p, m * (size * factor).to(6), root)
      # Never by multiplying with a mask: 0 times NaN is NaN.
      kept_p = torch.where(apply, p, ps[i], out=ps[i])
      kept_m = torch.where(apply, m, ms[i], out=ms[i])
      kept_v = torch.where(apply, v, vs[i], out=vs[i])
    kept_s = steps.copy_(torch.where(apply, step, steps))
    return apply

  # ------------------------------------------------------------------ evaluation

  # Some slots' view of flat [S, P]; one or all of them without a copy. slots [S] ascending.
  def states_of(self: __torch__.Engine, flat: Tensor, slots: Tensor) -> Tensor:
    if slots.size(0) == flat.size(0):
      return flat
    if slots.size(0) == 1:
      return torch.narrow(flat, 0, int(slots.item()), 1)
    return torch.index_select(flat, 0, slots)

  # Of each target token [2, S, N] in float64: loss, hit (the right token is the likeliest). Every slot is
  # given the same rows.
  def evaluate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slots: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, targets: Tensor, labels: Tensor) -> Tensor:
    count = slots.size(0)
    states = self.states_of(flat, slots)
    used = self.used_weights(states, weights, options)
    adapters = self.adapter_leaves(states, weights, options)
    scales = torch.index_select(scale, 1, slots)
    rows = ids.repeat([count, 1])
    starts = torch.arange(count, dtype=4, device=ids.device) * ids.numel()
    wanted = (starts.unsqueeze(1) + targets.unsqueeze(0)).view([-1])
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    none = annotate(List[Tensor], [])
    empty = torch.narrow(scale.view([-1]), 0, 0, 0)
    x = self.layers(used, adapters, scales, frequencies, rows, places, empty, none, 0., slots)
    size = self.at_once(weights, wanted, False)
    right = torch.split(labels.repeat([count]), size)
    losses = annotate(List[Tensor], [])
    hits = annotate(List[Tensor], [])
    parts = torch.split(wanted, size)
    for i in range(len(parts)):
      logits = self.outputs(used, adapters, scales, rows, parts[i], x, 0., slots)
      losses.append(torch.cross_entropy_loss(logits, right[i], None, 0, -100, 0.).to(7))
      hits.append(torch.eq(torch.argmax(logits, 1), right[i]).to(7))
    each = torch.stack([torch.cat(losses, 0), torch.cat(hits, 0)])
    return each.view([2, count, -1])

  # Logits [N, vocabulary] of one slot at the target places.
  def predict(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, targets: Tensor) -> Tensor:
    state = self.states_of(flat, slot)
    used = self.used_weights(state, weights, options)
    adapters = self.adapter_leaves(state, weights, options)
    return self.target_logits(used, adapters, torch.index_select(scale, 1, slot), frequencies, ids, targets, 0., slot)

  # What an adapter takes from the model at first, end to end: for DoRA the norms of the rows of all
  # adapted modules' weights; the head where it is trained.
  def first_values(self: __torch__.Engine, weights: List[Tensor], options: Tensor) -> Tensor:
    choices = options.cpu()
    values = annotate(List[Tensor], [])
    magnitudes = int(choices[1].item()) == 1
    for at in range(self.modules()):
      if magnitudes and int(choices[2 + at].item()) > 0:
        weight = weights[self.weight_of(at // self.MODULES, at % self.MODULES)]
        values.append(torch.sqrt(torch.sum(torch.square(weight.to(6)), [1])))
    if int(choices[2 + self.modules()].item()) == 1:
      values.append(weights[-2].reshape([-1]).to(6))
      values.append(weights[-1].to(6))
    return torch.cat(values, 0)

  # ------------------------------------------------------------------ loading

  # A copy of a stored tensor in DTYPE; 16-bit types come in as their bytes, two a value.
  def load_float32(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.to(stored, self.DTYPE, False, True)

  def load_float16(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.view_copy(stored, dtype=5).to(self.DTYPE)

  def load_bfloat16(self: __torch__.Engine, stored: Tensor) -> Tensor:
    return torch.view_copy(stored, dtype=15).to(self.DTYPE)

  def transposed(self: __torch__.Engine, weight: Tensor) -> Tensor:
    return torch.clone(torch.transpose(weight, 0, 1), memory_format=0)

  # All weights in one row [1, P], in float32.
  def flatten(self: __torch__.Engine, weights: List[Tensor]) -> Tensor:
    parts = annotate(List[Tensor], [])
    for weight in weights:
      parts.append(weight.reshape([-1]).to(6))
    return torch.cat(parts, 0).unsqueeze(0)

