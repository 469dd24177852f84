// The way to the server: requests, signed where it has keys, and its events.

const encoder = new TextEncoder();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (text) => hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));

async function hmac(key, text) {
  const raw = typeof key === "string" ? encoder.encode(key) : key;
  const imported = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, encoder.encode(text));
}

/** As AWS encodes: all but letters, digits and -._~ */
const encoded = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** What went wrong, in the server's words; status 0 where it said nothing. */
export class ServerError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export class Server {
  /** Of the user, in this object alone; null where the server has no keys. */
  #keys = null;
  #region = "us-east-1";
  needsKeys = false;

  async meet() {
    const answer = await fetch("/dashboard/server.json", { cache: "no-store" });
    if (!answer.ok) throw await Server.#error(answer);
    const known = await answer.json();
    this.#region = known.region;
    this.needsKeys = known.keys;
  }

  /** WebCrypto is there on https and on this machine alone. */
  get canSign() {
    return Boolean(globalThis.crypto?.subtle);
  }

  get hasKeys() {
    return this.#keys !== null;
  }

  signIn(keys) {
    this.#keys = keys;
  }

  signOut() {
    this.#keys = null;
  }

  /** The JSON of an answer. `path` is a list of steps, encoded here. */
  async ask(method, path, { query = {}, body = null } = {}) {
    const answer = await this.#send(method, path, query, body === null ? "" : JSON.stringify(body));
    return answer.json();
  }

  /** Calls `take` with each event until the server ends the stream, which it does now and then. */
  async watch(take, signal) {
    const answer = await this.#send("GET", ["v1", "events"], {}, "", signal);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) {
        const line = event.split("\n").find((one) => one.startsWith("data: "));
        if (line) take(JSON.parse(line.slice(6)));
      }
    }
  }

  async #send(method, path, query, body, signal) {
    const where = `/${path.map(encoded).join("/")}`;
    const asked = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(String(value))}`).sort();
    const headers = body ? { "content-type": "application/json" } : {};
    if (this.#keys) Object.assign(headers, await this.#signature(method, where, asked.join("&"), body));
    const address = asked.length ? `${where}?${asked.join("&")}` : where;
    let answer;
    try {
      answer = await fetch(address, {
        method, headers, body: body || undefined, signal, cache: "no-store", credentials: "omit",
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ServerError(0, "", "The server does not answer");
    }
    if (!answer.ok) throw await Server.#error(answer);
    return answer;
  }

  /** AWS signature version 4. */
  async #signature(method, path, query, body) {
    const { accessKey, secretKey, sessionToken } = this.#keys;
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, ""), day = date.slice(0, 8);
    const signed = { host: location.host, "x-amz-date": date };
    if (sessionToken) signed["x-amz-security-token"] = sessionToken;
    const names = Object.keys(signed).sort();
    const canonical = [
      method, path.split("/").map(encoded).join("/"), query,
      ...names.map((name) => `${name}:${signed[name]}`), "", names.join(";"), await sha256(body),
    ].join("\n");
    const scope = `${day}/${this.#region}/s3vectors/aws4_request`;
    let key = await hmac(`AWS4${secretKey}`, day);
    for (const part of [this.#region, "s3vectors", "aws4_request"]) key = await hmac(key, part);
    const text = ["AWS4-HMAC-SHA256", date, scope, await sha256(canonical)].join("\n");
    const { host, ...sent } = signed;
    return {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names.join(";")}, `
        + `Signature=${hex(await hmac(key, text))}`,
    };
  }

  static async #error(answer) {
    let message = `The server answered ${answer.status}`;
    try {
      message = (await answer.json()).message ?? message;
    } catch {
      // What stands between us and the server may answer by itself.
    }
    return new ServerError(answer.status, answer.headers.get("x-amzn-errortype") ?? "", message);
  }
}
