-- Asks for one study at a time, as a list of numbers drawn beforehand says, and checks the answers.
--
-- Started by load.py with the path of a folder: `paths` has the target of each key, `draws` the
-- keys in the order in which to ask, `answers` for each key what tells its answer from all others
-- and the length of the whole answer.

local folder, paths, draws, lengths = nil, {}, {}, {}
local place, step = 0, 1
wrong, checked = 0, 0
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  folder = args[1]
  for line in io.lines(folder .. "/paths") do table.insert(paths, wrk.format("GET", line)) end
  for line in io.lines(folder .. "/draws") do table.insert(draws, tonumber(line)) end
  for line in io.lines(folder .. "/answers") do
    local mark, length = line:match("^(%S+) (%d+)$")
    lengths[mark] = tonumber(length)
  end
  place = (number * 7919) % #draws
end

function request()
  place = place % #draws + step
  return paths[draws[place]]
end

function response(status, headers, body)
  checked = checked + 1
  local mark = body:match('dc/terms/identifier"},"value":{"type":"literal","value":"([^"]+)"')
  if status ~= 200 or mark == nil or lengths[mark] ~= #body then wrong = wrong + 1 end
end

function done(summary, latency, requests)
  local bad, seen = 0, 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("wrong")
    seen = seen + thread:get("checked")
  end
  local form = '{"requests": %d, "seconds": %.3f, "checked": %d, "wrong": %d, "errors": %d,'
    .. ' "p50_ms": %.3f, "p99_ms": %.3f}\n'
  local errors = summary.errors
  io.write("RESULT " .. string.format(form, summary.requests, summary.duration / 1e6, seen, bad,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
