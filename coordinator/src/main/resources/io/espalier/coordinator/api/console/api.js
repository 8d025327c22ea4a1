// What the page asks of the coordinator: JSON, and server-sent events read by fetch, since
// EventSource sends no token.

const TOKEN = "espalier.token";
const ROOT = "/api/v1/";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function setToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

function headers() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function request(path, options = {}) {
  const { type, ...others } = options;
  const response = await fetch(ROOT + path, {
    ...others,
    headers: { ...headers(), ...(type ? { "Content-Type": type } : {}) },
    redirect: "manual",
  });
  if (response.type === "opaqueredirect") {
    // Another coordinator is active now: this address leads to its page.
    location.reload();
    throw new Refused(307, "Another coordinator is active now.");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Refused(response.status, problem.detail ?? `The coordinator answered ${response.status}.`);
  }
  return response;
}

export async function get(path) {
  return (await request(path)).json();
}

export async function getText(path) {
  return (await request(path)).text();
}

export async function getBlob(path) {
  return (await request(path)).blob();
}

export async function post(path, body) {
  const sent = body === undefined ? {} : { type: "application/json", body: JSON.stringify(body) };
  return (await request(path, { method: "POST", ...sent })).json();
}

/**
 * Follows a stream until it says `end` or is closed; after a lost connection it begins anew.
 *
 * @param on what to do with each event, by its name
 * @param state told "live", "lost" and "ended"
 * @returns ends it
 */
export function follow(path, on, state) {
  const end = new AbortController();
  (async () => {
    let wait = 500;
    while (!end.signal.aborted) {
      try {
        const response = await request(path, { signal: end.signal });
        state("live");
        wait = 500;
        let ended = false;
        await events(response.body, (name, data) => {
          ended ||= name === "end";
          on[name]?.(data);
        });
        if (ended) {
          state("ended");
          return;
        }
      } catch (problem) {
        if (end.signal.aborted) return;
        if (problem instanceof Refused && problem.status < 500) {
          state("refused", problem);
          return;
        }
      }
      state("lost");
      await new Promise((resume) => setTimeout(resume, wait));
      wait = Math.min(wait * 2, 5000);
    }
  })();
  return () => end.abort();
}

async function events(body, told) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const pieces = (text + value).split("\n\n");
    text = pieces.pop();
    for (const piece of pieces) {
      let name = "message";
      let data = "";
      for (const line of piece.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data += line.slice(6);
      }
      if (data) told(name, JSON.parse(data));
    }
  }
}
