import { SLOT_MS, WINDOW_MS } from './sliding-window.state.js';

/**
 * The sums of `SlidingWindow`, step for step, inside of Redis. A window is one value: times and amounts in turn, packed.
 * The clock is that of Redis, one for all gateways; a test may hand in its own. (The scripts are their own protocol:
 * while versions are mixed in a rollout, old and new read the same values.)
 */
const WINDOW = `
local WINDOW_MS, SLOT_MS = ${WINDOW_MS}, ${SLOT_MS}

local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function slot(at) return math.floor(at / SLOT_MS) end

local function load(key, now)
  local packed = redis.call('GET', key)
  local held = packed and cmsgpack.unpack(packed) or {}
  local window = { total = 0 }
  for i = 1, #held, 2 do
    if held[i] + WINDOW_MS > now then
      window[#window + 1] = held[i]
      window[#window + 1] = held[i + 1]
      window.total = window.total + held[i + 1]
    end
  end
  return window
end

local function wait(window, amount, limit, now)
  local over = window.total + amount - limit
  if over <= 0 then return 0 end
  for i = 1, #window, 2 do
    over = over - window[i + 1]
    if over <= 0 then return window[i] + WINDOW_MS - now end
  end
  return WINDOW_MS
end

local function empty(window, now)
  if #window == 0 then return 0 end
  return window[#window - 1] + WINDOW_MS - now
end

local function add(window, amount, now)
  local at = now
  if #window > 0 and window[#window - 1] > at then at = window[#window - 1] end
  if amount == 0 then return at end
  window.total = window.total + amount
  if #window > 0 and slot(window[#window - 1]) == slot(at) then
    window[#window - 1] = at
    window[#window] = window[#window] + amount
  else
    window[#window + 1] = at
    window[#window + 1] = amount
  end
  return at
end

local function save(key, window)
  if #window == 0 then return end
  local plain = {}
  for i = 1, #window do plain[i] = window[i] end
  redis.call('SET', key, cmsgpack.pack(plain), 'PX', WINDOW_MS)
end
`;

/**
 * KEYS: requests, tokens, places of who asks. ARGV: clock; limit of requests; limit and amount of tokens; limit of
 * places, id and milliseconds of the lease on one. A limit of 0 is none.
 * Gives: granted, crowded, time of the tokens, then used, wait and empty of the requests and of the tokens.
 */
export const TAKE = `${WINDOW}
local now = clock(ARGV[1])
local requestLimit, tokenLimit, amount = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local placeLimit = tonumber(ARGV[5])
local requests, tokens = { total = 0 }, { total = 0 }
local requestWait, tokenWait, crowded, at = 0, 0, 0, now
if requestLimit > 0 then
  requests = load(KEYS[1], now)
  requestWait = wait(requests, 1, requestLimit, now)
end
if tokenLimit > 0 then
  tokens = load(KEYS[2], now)
  tokenWait = wait(tokens, amount, tokenLimit, now)
end
if placeLimit > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
  if redis.call('ZCARD', KEYS[3]) >= placeLimit then crowded = 1 end
end
local granted = 0
if requestWait == 0 and tokenWait == 0 and crowded == 0 then
  granted = 1
  if requestLimit > 0 then
    add(requests, 1, now)
    save(KEYS[1], requests)
  end
  if tokenLimit > 0 then
    at = add(tokens, amount, now)
    save(KEYS[2], tokens)
  end
  if placeLimit > 0 then
    redis.call('ZADD', KEYS[3], now + ARGV[7], ARGV[6])
    redis.call('PEXPIRE', KEYS[3], ARGV[7])
  end
end
return { granted, crowded, at, requests.total, requestWait, empty(requests, now), tokens.total, tokenWait, empty(tokens, now) }
`;

/** KEYS: tokens. ARGV: clock; when they were counted; how many more were used, or less than 0 for fewer. */
export const SETTLE = `${WINDOW}
local now, at, more = clock(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = load(KEYS[1], now)
if more > 0 then
  add(window, more, now)
else
  for i = #window - 1, 1, -2 do
    if slot(window[i]) == slot(at) then
      window[i + 1] = math.max(0, window[i + 1] + more)
      break
    end
  end
end
save(KEYS[1], window)
`;

/** KEYS: places. ARGV: clock; milliseconds of the lease; ids whose leases go on. */
export const RENEW = `${WINDOW}
local now = clock(ARGV[1])
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;
