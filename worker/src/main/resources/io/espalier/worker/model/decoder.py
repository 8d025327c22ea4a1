  # ------------------------------------------------------------------ decoders

  # What predicts the next token: its family's text after this one has `logits`, and its `layer`
  # works with caches (keys and values of each layer [R, kv heads, room, head size]): those of the
  # whole prompt are kept when mask is empty, else those of one token per row at its place, which
  # attends where mask [R, 1, 1, room] is true.
  HEADS : int
  KV_HEADS : int
  HEAD_SIZE : int

  # The logits [N, vocabulary] at the target places.
  def outputs(self: __torch__.Engine, weights: List[Tensor], adapters: List[Tensor], scale: Tensor, ids: Tensor, targets: Tensor, x: Tensor, dropout: float, keys: Tensor) -> Tensor:
    return self.logits(weights, torch.index_select(x, 0, targets))

  # The likeliest continuation of right-padded prompts ids [R, T] of the given lengths [R] by each
  # slot: tokens [S R, newest], slot after slot, -1 after an end token. Rows that ended are taken out
  # of the pass; as slots have equally many in it, some stay until other slots' have ended too.
  def generate(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slots: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, lengths: Tensor, ends: Tensor, newest: Tensor) -> Tensor:
    limit = int(newest.item())
    count = slots.size(0)
    states = self.states_of(flat, slots)
    scales = torch.index_select(scale, 1, slots)
    used = self.used_weights(states, weights, options)
    adapters = self.adapter_leaves(states, weights, options)
    if count == 1 and self.DTYPE == 6:
      # In a narrower type an adapter added in would be lost in rounding.
      used = self.merged(used, adapters, scales)
      adapters = self.adapter_leaves(states, weights, torch.zeros_like(options))
    prompts = ids.repeat([count, 1])
    rows = prompts.size(0)
    room = ids.size(1) + limit
    caches = annotate(List[Tensor], [])
    for i in range(2 * self.LAYERS):
      caches.append(torch.zeros([rows, self.KV_HEADS, room, self.HEAD_SIZE], dtype=self.DTYPE, device=ids.device))
    empty = torch.narrow(scale.view([-1]), 0, 0, 0)
    places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    x = self.layers(used, adapters, scales, frequencies, prompts, places, empty, caches, 0., slots)
    start = torch.arange(rows, dtype=4, device=ids.device) * ids.size(1)
    place = lengths.repeat([count])
    token = torch.argmax(self.logits(used, torch.index_select(x, 0, start + place - 1)), 1)
    out = torch.full([rows, limit], -1, dtype=4, device=ids.device)
    inside = torch.arange(rows, dtype=4, device=ids.device)
    ended = torch.zeros([rows], dtype=11, device=ids.device)
    done = 0
    longest = ids.size(1)
    running = True
    while running:
      ended = torch.logical_or(ended, torch.any(torch.eq(token.unsqueeze(1), ends.unsqueeze(0)), 1))
      column = torch.where(ended, torch.full_like(token, -1), token)
      kept = torch.select(out, 1, done).index_copy_(0, inside, column)
      done = done + 1
      over = ended.view([count, -1])
      most = int(torch.max(torch.sum(torch.logical_not(over), [1])).item())
      if most == 0 or done == limit:
        running = False
      else:
        if most < over.size(1):
          order = torch.argsort(over.to(4), stable=True, dim=1, descending=False)
          first = torch.arange(count, dtype=4, device=ids.device) * over.size(1)
          going = (torch.narrow(order, 1, 0, most) + first.unsqueeze(1)).view([-1])
          token = torch.index_select(token, 0, going)
          inside = torch.index_select(inside, 0, going)
          place = torch.index_select(place, 0, going)
          ended = torch.index_select(ended, 0, going)
          fewer = annotate(List[Tensor], [])
          for cache in caches:
            fewer.append(torch.index_select(cache, 0, going))
          caches = fewer
        longest = longest + 1
        reach = torch.arange(longest, dtype=4, device=ids.device).view([1, 1, 1, -1])
        mask = torch.le(reach, place.view([-1, 1, 1, 1]))
        x = self.layers(used, adapters, scales, frequencies, token.unsqueeze(1), place.unsqueeze(1), mask, caches, 0., slots)
        token = torch.argmax(self.logits(used, x), 1)
        place = place + 1
    return out

  # Logits [1, vocabulary] after the tokens ids [1, T] of one row, the first at place [1] of it: the
  # whole prompt at place 0, then token by token. cache [2 LAYERS, 1, kv heads, room, head size]
  # holds what stands before them and takes them in.
  def follow(self: __torch__.Engine, weights: List[Tensor], flat: Tensor, slot: Tensor, frequencies: Tensor, scale: Tensor, options: Tensor, ids: Tensor, place: Tensor, cache: Tensor) -> Tensor:
    start = int(place.item())
    state = self.states_of(flat, slot)
    adapters = self.adapter_leaves(state, weights, options)
    caches = annotate(List[Tensor], [])
    for i in range(2 * self.LAYERS):
      caches.append(torch.select(cache, 0, i))
    if start == 0:
      mask = torch.narrow(scale.view([-1]), 0, 0, 0)
      places = torch.arange(ids.size(1), dtype=4, device=ids.device)
    else:
      mask = torch.ones([1, 1, 1, start + 1], dtype=11, device=ids.device)
      places = place.unsqueeze(1)
    x = self.layers(weights, adapters, torch.index_select(scale, 1, slot), frequencies, ids, places, mask, caches, 0., slot)
    return self.logits(weights, torch.narrow(x, 0, ids.size(1) - 1, 1))

