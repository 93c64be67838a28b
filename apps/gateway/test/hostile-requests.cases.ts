/** Bytes on a connection of their own, and the statuses of the answers to them, in their order. */
export interface RawCase {
  readonly title: string;
  readonly bytes: string | Buffer;
  readonly statuses: readonly number[];
}

const CHAT = '{"model":"gemma3","messages":[{"role":"user","content":"hi"}]}';
const SHORT = '{}';
const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';
const PATH = '/v1/chat/completions';
/** What an attacker would have us take for a request of its own. */
const SMUGGLED = `GET /v1/models HTTP/1.1\r\n${HOST}\r\nX-Smuggled: 1\r\n\r\n`;

type Row = readonly [title: string, bytes: string | Buffer, ...statuses: number[]];

const rows = (group: string, list: readonly Row[]): RawCase[] =>
  list.map(([title, bytes, ...statuses]) => ({ title: `${group} ${title}`, bytes, statuses }));

/** A request line with the least headers. */
const line = (text: string): string => `${text}\r\n${HOST}\r\n\r\n`;
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

const LINES = rows('the request line', [
  ['with two spaces', line('GET  /v1/models HTTP/1.1'), 200],
  ['with tabs', line('GET\t/v1/models\tHTTP/1.1'), 400],
  ['with a method in small letters', line('get /v1/models HTTP/1.1'), 400],
  ['after a space', line(' GET /v1/models HTTP/1.1'), 400],
  ['after empty lines', `\r\n\r\n${line('GET /v1/models HTTP/1.1')}`, 200],
  ['without a version', line('GET /v1/models'), 400],
  ['without a path', line('GET HTTP/1.1'), 400],
  ['with a space at its end', line('GET /v1/models HTTP/1.1 '), 400],
  ['of HTTP/2', line('GET /v1/models HTTP/2.0'), 400],
  ['of HTTP/1.10', line('GET /v1/models HTTP/1.10'), 400],
  ['of HTTP/1.', line('GET /v1/models HTTP/1.'), 400],
  ['of HTTP/0.9', line('GET /v1/models HTTP/0.9'), 400],
  ['of http/1.1 in small letters', line('GET /v1/models http/1.1'), 400],
  ['of RTSP', line('OPTIONS /v1/models RTSP/1.0'), 405],
  ['of ICE', line('SOURCE /v1/models ICE/1.0'), 405],
  ['of the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['for the server as a whole', line('OPTIONS * HTTP/1.1'), 404],
  ['with our whole address', line('GET http://localhost/v1/models HTTP/1.1'), 200],
  ['with the whole address of another', line('GET http://169.254.169.254/latest/meta-data/ HTTP/1.1'), 403],
  ['with a host and no path', line('GET localhost:3160 HTTP/1.1'), 400],
  ['with a path that has no slash', line('GET v1/models HTTP/1.1'), 400],
  ['with nothing but a query', line('GET ?x HTTP/1.1'), 400],
  ['with a fragment', line('GET /v1/models#x HTTP/1.1'), 400],
  ['with NUL in the path', line('GET /v1/\0models HTTP/1.1'), 400],
  ['with ESC in the path', line('GET /v1/\u001b[2Jmodels HTTP/1.1'), 400],
  ['with DEL in the path', latin(line('GET /v1/\u007fmodels HTTP/1.1')), 400],
  ['with bytes above ASCII in the path', latin(line('GET /v1/\u00e9\u00ff HTTP/1.1')), 400],
  ['with UTF-8 in the path', line('GET /v1/模型 HTTP/1.1'), 400],
  ['with a line break in the path', line('GET /v1/mod\nels HTTP/1.1'), 400],
  ['with CR alone at its end', `GET /v1/models HTTP/1.1\r${HOST}\r\n\r\n`, 400],
  ['with a method of 5,000 letters', line(`${'A'.repeat(5000)} /v1/models HTTP/1.1`), 400],
  ['with a method that is a path', line('/v1/models GET HTTP/1.1'), 400],
  ['of nothing but NUL', Buffer.alloc(200), 400],
  ['of nothing but ones', Buffer.alloc(200, 0xff), 400],
  ['of a greeting of SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 400],
  ['of a greeting of mail', 'EHLO evil.test\r\n', 400],
  ['of a command of Redis', '*1\r\n$8\r\nFLUSHALL\r\n', 400],
  ['of SOCKS', Buffer.from([5, 1, 0, 13, 10]), 400],
  ['of a proxy protocol in words', `PROXY TCP4 6.6.6.6 127.0.0.1 1 2\r\n${line('GET /v1/models HTTP/1.1')}`, 400],
  ['of a proxy protocol in bytes', Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex'), 400],
  ['in UTF-16', Buffer.from(line('GET /v1/models HTTP/1.1'), 'utf16le'), 400],
]);

/** A GET with these headers after Host, ends of lines as they are. */
const fields = (text: string): string => `GET /v1/models HTTP/1.1\r\n${HOST}\r\n${text}\r\n\r\n`;

const HEADERS = rows('a header', [
  ['after LF alone', `GET /v1/models HTTP/1.1\r\n${HOST}\nX-A: b\r\n\r\n`, 400],
  ['block with LF alone everywhere', `GET /v1/models HTTP/1.1\n${HOST}\n\n`, 400],
  ['after CR alone', `GET /v1/models HTTP/1.1\r\n${HOST}\rX-A: b\r\n\r\n`, 400],
  ['block that ends with LF alone', `GET /v1/models HTTP/1.1\r\n${HOST}\r\n\n`, 400],
  ['with a space before the colon', fields('X-A : b'), 400],
  ['with a tab before the colon', fields('X-A\t: b'), 400],
  ['with a space inside its name', fields('X A: b'), 400],
  ['with NUL inside its name', fields('X\0A: b'), 400],
  ['with a bracket inside its name', fields('X(A): b'), 400],
  ['with @ inside its name', fields('X@A: b'), 400],
  ['with UTF-8 inside its name', fields('X-Ä: b'), 400],
  ['with no colon', fields('X-A b'), 400],
  ['that is only a colon', fields(':'), 400],
  ['with NUL inside', fields('X-A: b\0c'), 400],
  ['with ESC inside', fields('X-A: \u001b[31m'), 400],
  ['with DEL inside', latin(fields('X-A: \u007f')), 400],
  ['with bytes above ASCII', latin(fields('X-A: \u00e9\u00ff')), 200],
  ['that goes on in the next line', fields('X-A: b\r\n c'), 400],
  ['that goes on before there is one', `GET /v1/models HTTP/1.1\r\n ${HOST}\r\n\r\n`, 400],
  ['Host that goes on in the next line', 'GET /v1/models HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n', 400],
  ['Host that comes twice', fields(HOST), 400],
  ['Host that comes again as another', fields('HOST: evil.test'), 400],
  ['Host of another', 'GET /v1/models HTTP/1.1\r\nHost: evil.test\r\n\r\n', 403],
  ['Host of another before ours', 'GET /v1/models HTTP/1.1\r\nHost: evil.test@localhost\r\n\r\n', 400],
  ['Host with a port beyond all ports', 'GET /v1/models HTTP/1.1\r\nHost: localhost:99999999\r\n\r\n', 400],
  ['Host missing, as HTTP/1.0 may', 'GET /v1/models HTTP/1.0\r\n\r\n', 200],
  ['X-Forwarded-Host of another', fields('X-Forwarded-Host: evil.test'), 200],
  ['Origin of another', fields('Origin: https://evil.test'), 403],
  ['Origin of nobody', fields('Origin: null'), 403],
  ['Origin that is empty', fields('Origin: '), 403],
  ['of almost all bytes there may be', fields(`X-A: ${'b'.repeat(15_000)}`), 200],
  ['of more bytes than there may be', fields(`X-A: ${'b'.repeat(16_500)}`), 431],
  ['whose name alone is too long', fields(`${'x'.repeat(17_000)}: b`), 431],
  ['that never ends', `GET /v1/models HTTP/1.1\r\nX-A: ${'b'.repeat(100_000)}`, 431],
  ['500 times', fields(Array<string>(500).fill('X-A: b').join('\r\n')), 200],
  ['Connection that would take the length away', fields('Connection: Content-Length, Host'), 200],
  ['Connection that contradicts itself', fields('Connection: close, keep-alive'), 200],
  ['Keep-Alive for ever', fields('Connection: keep-alive\r\nKeep-Alive: timeout=999999999, max=99999999'), 200],
  ['Upgrade to a web socket', fields('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x'), 200],
  ['Upgrade to HTTP/2', fields('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA'), 200],
  ['Expect for something unknown', fields('Expect: the-unexpected'), 200],
  ['that changes the method', fields('X-HTTP-Method-Override: DELETE\r\nX-Method-Override: PATCH'), 200],
  ['that changes the path', fields('X-Original-URL: /admin/keys\r\nX-Rewrite-URL: /admin/keys'), 200],
  ['Range of a byte', fields('Range: bytes=0-0'), 200],
  ['Range of many bytes', fields(`Range: bytes=${Array<string>(1000).fill('0-').join(',')}`), 200],
  ['Accept of 10 kB', fields(`Accept: ${'*/*;q=0.1,'.repeat(1000)}*/*`), 200],
  ['If-None-Match that is a trap for patterns', fields(`If-None-Match: ${'W/'.repeat(4000)}"`), 200],
  ['Cookie of 15 kB', fields(`Cookie: ${'a=b;'.repeat(3700)}`), 200],
  ['Authorization of 10 kB', fields(`Authorization: Bearer ${'x'.repeat(10_000)}`), 200],
  ['Authorization that is a trap for patterns', fields(`Authorization: Bearer${' '.repeat(12_000)}`), 200],
  ['Proxy, which some take for a setting', fields('Proxy: http://evil.test'), 200],
  ['named __proto__', fields('__proto__: x'), 200],
  ['named constructor', fields('constructor: x\r\nprototype: y\r\nhasOwnProperty: z\r\ntoString: a'), 200],
]);

/** A chat with these headers and this body, as they are. */
const chat = (text: string, body: string): string =>
  `POST ${PATH} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\n${text}\r\n\r\n${body}`;
const whole = (text: string): string => chat(text, CHAT);
const chunked = (body: string, value = 'chunked'): string => chat(`Transfer-Encoding: ${value}`, body);
const CHUNKS = `${CHAT.length.toString(16)}\r\n${CHAT}\r\n0\r\n\r\n`;

const LENGTHS = rows('a length', [
  ['with a plus', whole(`Content-Length: +${CHAT.length}`), 400],
  ['of minus nothing', whole('Content-Length: -0'), 400],
  ['in hexadecimal', whole('Content-Length: 0x3e'), 400],
  ['with an exponent', whole('Content-Length: 1e2'), 400],
  ['of two numbers', whole(`Content-Length: ${CHAT.length} ${CHAT.length}`), 400],
  ['as a list of one number', whole(`Content-Length: ${CHAT.length}, ${CHAT.length}`), 400],
  ['twice the same', whole(`Content-Length: ${CHAT.length}\r\nContent-Length: ${CHAT.length}`), 400],
  ['that is empty', whole('Content-Length: '), 400],
  ['beyond 64 bits', whole('Content-Length: 18446744073709551678'), 400],
  ['beyond what a number holds', whole('Content-Length: 99999999999999999999999'), 400],
  ['beyond the limit', whole('Content-Length: 9007199254740993'), 413],
  ['with a point', whole(`Content-Length: ${CHAT.length}.0`), 400],
  ['in other digits', whole('Content-Length: ６２'), 400],
  ['with zeros before it', whole(`Content-Length: 000${CHAT.length}`), 200],
  ['with an underscore in its name', whole(`Content_Length: ${CHAT.length}`), 400],
  ['with a space before the colon', whole(`Content-Length : ${CHAT.length}`), 400],
  ['that is shorter, with a request in the rest', chat('Content-Length: 2', SHORT + SMUGGLED), 400, 200],
  [
    'of a GET, with a request in its body',
    `GET /v1/models HTTP/1.1\r\n${HOST}\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    200,
  ],
  ['and chunks', chat(`Content-Length: 4\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${SMUGGLED}`), 400],
  ['after chunks', chat(`Transfer-Encoding: chunked\r\nContent-Length: 4`, `0\r\n\r\n${SMUGGLED}`), 400],
  ['and an encoding that is hidden by LF', chat(`Content-Length: 2\r\nX-A: b\nTransfer-Encoding: chunked`, SHORT), 400],
  ['and an encoding that is hidden by a tab', chat(`Content-Length: 2\r\nTransfer-Encoding:\tchunked`, SHORT), 400],
  ['and an encoding that is hidden by a fold', chat(`Content-Length: 2\r\nTransfer-Encoding:\r\n chunked`, SHORT), 400],
]);

const ENCODINGS = rows('a transfer encoding', [
  ['in capitals', chunked(CHUNKS, 'CHUNKED'), 200],
  ['that is not the last one', chunked(CHUNKS, 'chunked, identity'), 400],
  ['twice', chunked(CHUNKS, 'chunked, chunked'), 400],
  ['in two headers', chunked(CHUNKS, 'identity\r\nTransfer-Encoding: chunked'), 400],
  ['of identity', chunked(CHAT, 'identity'), 400],
  ['that begins with an x', chunked(CHUNKS, 'xchunked'), 400],
  ['in quotes', chunked(CHUNKS, '"chunked"'), 400],
  ['with a parameter', chunked(CHUNKS, 'chunked;q=1'), 400],
  ['with a vertical tab', chunked(CHUNKS, '\u000bchunked'), 400],
  ['with NUL', chunked(CHUNKS, 'chunked\0'), 400],
  ['with a comma before it', chunked(CHUNKS, ', chunked'), 400],
  ['of gzip alone', chunked(CHUNKS, 'gzip'), 400],
  ['in HTTP/1.0', chunked(CHUNKS).replace('HTTP/1.1', 'HTTP/1.0'), 200],
  ['with a space in its name', chat('Transfer-Encoding : chunked', CHUNKS), 400],
]);

const SIZES = rows('a chunk', [
  ['with a size in C', chunked('0x2\r\n{}\r\n0\r\n\r\n'), 400],
  ['below nothing', chunked('-2\r\n{}\r\n0\r\n\r\n'), 400],
  ['beyond 64 bits', chunked('FFFFFFFFFFFFFFFFF\r\n{}'), 400],
  ['of all that 64 bits hold', chunked('FFFFFFFFFFFFFFFF\r\n{}'), 408],
  ['after a space', chunked(' 2\r\n{}\r\n0\r\n\r\n'), 400],
  ['before a space', chunked('2 \r\n{}\r\n0\r\n\r\n'), 400],
  ['whose size ends with LF alone', chunked('2\n{}\r\n0\r\n\r\n'), 400],
  ['without a size', chunked('\r\n{}\r\n0\r\n\r\n'), 400],
  ['whose data ends with LF alone', chunked('2\r\n{}\n0\r\n\r\n'), 400],
  ['whose data is longer', chunked('2\r\n{}{}\r\n0\r\n\r\n'), 400],
  ['with an extension', chunked(`2;a=b\r\n{}\r\n0\r\n\r\n`), 400],
  ['with an extension of 20 kB', chunked(`2;a=${'b'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`), 400],
  ['with an extension that hides a request', chunked(`2;a\n${SMUGGLED}\r\n{}\r\n0\r\n\r\n`), 400],
  ['with zeros before its size', chunked(`0000${CHUNKS}`), 200],
  ['after the last one', chunked(`0\r\n\r\n2\r\n{}\r\n0\r\n\r\n`), 400],
  [
    'and trailers that would change the request',
    chunked(`2\r\n{}\r\n0\r\nContent-Length: 500\r\nHost: evil.test\r\n\r\n`),
    400,
  ],
  ['and trailers of 20 kB', chunked(`2\r\n{}\r\n0\r\nX-A: ${'b'.repeat(20_000)}\r\n\r\n`), 431],
  ['and a request behind the end', chunked(`${CHUNKS}${SMUGGLED}`), 200, 200],
]);

/** Requests that are no HTTP/1.1, or that two servers in a row could read in two ways. */
export const HOSTILE_REQUESTS: readonly RawCase[] = [...LINES, ...HEADERS, ...LENGTHS, ...ENCODINGS, ...SIZES];
