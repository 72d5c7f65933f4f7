/** JSON over fetch to /api/v1: CSRF, If-Match, time limits, one family of errors. Knows no endpoint. */

const BASE = "/api/v1/";
const LIMIT_MS = 15_000;

/** What went wrong, by code: the server's own (`stale_draft`), or `offline`, `timeout`, `unreadable`, `http_<status>`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | null;
  /** The whole body of the answer, for errors that carry data (412, 422). */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    body: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.field = typeof body.field === "string" ? body.field : null;
    this.body = body;
  }
}

export interface Answer<T> {
  readonly data: T;
  readonly etag: string | null;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** A revision, sent quoted as the entity tag RFC 9110 §13.1.1 wants. */
  readonly ifMatch?: string | number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const response = await send(method, path, options);
  const text = await response.text();
  const data = parse(text, response);
  if (!response.ok) throw toError(response.status, data);
  return { data: data as T, etag: response.headers.get("ETag") };
}

export const http = {
  get: async <T>(path: string, options?: RequestOptions): Promise<T> =>
    (await request<T>("GET", path, options)).data,
  post: async <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> =>
    (await request<T>("POST", path, { ...options, body: body ?? {} })).data,
  patch: async <T>(path: string, body: unknown, options?: RequestOptions): Promise<T> =>
    (await request<T>("PATCH", path, { ...options, body })).data,
  put: async <T>(path: string, body: unknown, options?: RequestOptions): Promise<T> =>
    (await request<T>("PUT", path, { ...options, body })).data,
  delete: async <T>(path: string, options?: RequestOptions): Promise<T> =>
    (await request<T>("DELETE", path, options)).data,
};

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, options.timeoutMs ?? LIMIT_MS);
  options.signal?.addEventListener("abort", stop);
  try {
    return await fetch(path.startsWith("/") ? path : BASE + path, {
      method,
      signal: limit.signal,
      credentials: "same-origin",
      headers: headers(method, options),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    if (limit.signal.aborted) throw new ApiError(0, "timeout", "The server did not answer in time");
    throw new ApiError(0, "offline", "The server cannot be reached");
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", stop);
  }
}

function headers(method: string, options: RequestOptions): Record<string, string> {
  const all: Record<string, string> = { Accept: "application/json" };
  if (options.body !== undefined) all["Content-Type"] = "application/json";
  if (options.ifMatch !== undefined) all["If-Match"] = `"${options.ifMatch}"`;
  if (method !== "GET") all["X-CSRFToken"] = csrfToken();
  return all;
}

/** From Django's cookie (also under the `__Host-` prefix), else as the page was given it. */
export function csrfToken(): string {
  const cookie = /(?:^|;\s*)(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
  return cookie ?? pageData<{ readonly csrf?: string }>().csrf ?? "";
}

/** What the server wrote into the page: `<script type="application/json" id="page">`. */
export function pageData<T extends object>(): Partial<T> {
  const text = document.getElementById("page")?.textContent;
  return text ? (JSON.parse(text) as Partial<T>) : {};
}

function parse(text: string, response: Response): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(response.status, "unreadable", "The server's answer could not be read");
  }
}

function toError(status: number, data: unknown): ApiError {
  const body = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const code = typeof body.code === "string" ? body.code : `http_${status}`;
  const message = typeof body.message === "string" ? body.message : "";
  return new ApiError(status, code, message, body);
}
