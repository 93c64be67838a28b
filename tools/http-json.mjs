import http from 'node:http';
import https from 'node:https';

const LARGEST_ANSWER = 8 * 1024 * 1024;

/**
 * Sends one request and reads its JSON answer, all within a bound. (`fetch` ends every wait at 300 s; a large model
 * takes longer to load.)
 * @param {string} url
 * @param {{ timeoutMs: number, body?: unknown, key?: string, signal?: AbortSignal }} options with a body it is a POST;
 *   `key` is an API key to send
 * @returns {Promise<{ status: number, headers: Record<string, unknown>, body: any }>} body is undefined when it is no JSON
 */
export function requestJson(url, { timeoutMs, body, key, signal }) {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method: payload === undefined ? 'GET' : 'POST',
      agent: false,
      signal,
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(payload !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(payload),
        }),
      },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const fail = (error) => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('error', fail);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data) => {
        text += data;
        if (text.length > LARGEST_ANSWER) request.destroy(new Error('the answer is too large'));
      });
      response.on('error', fail);
      response.on('end', () => {
        clearTimeout(timer);
        let parsed;
        try {
          parsed = JSON.parse(text);
        } catch {
          // A proxy or another program on this port may answer in HTML; the status says enough then.
          parsed = undefined;
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
      });
    });
    request.end(payload);
  });
}
