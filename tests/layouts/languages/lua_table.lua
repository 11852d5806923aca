-- Lua's table as a program uses it, or LuaJIT's.
--
-- usage: lua_table.lua SCENARIO [strings|numbers]
-- Scenarios: full, hollow, empty (every value was set to nil), one, churn, many, freed, capacity. The
-- size
-- is read from the table itself, struct Table of lobject.h or GCtab of lj_obj.h, through
-- /proc/self/mem.

local ENTRIES = 60000
local KEPT_OF = 50

local make_key = {
  strings = function(i) return "session-" .. i end,
  numbers = function(i) return i * 64 + 7 end,
}

local NAME = jit and "LuaJIT table" or "Lua table"
local POWER = 11 -- lsizenode
local MASK = 52 -- hmask
local NODES = jit and 40 or _VERSION == "Lua 5.1" and 32 or 24
local NODE_BYTES = jit and 24 or _VERSION == "Lua 5.1" and 40 or _VERSION == "Lua 5.3" and 32 or 24

local memory = assert(io.open("/proc/self/mem", "rb"))
memory:setvbuf("no")

local function number_at(address, bytes)
  memory:seek("set", address)
  local text, number = memory:read(bytes), 0
  for i = bytes, 1, -1 do
    number = number * 256 + text:byte(i)
  end
  return number
end

local function describe(t)
  local address = tonumber(tostring(t):match("0x%x+"))
  return {
    nodes = number_at(address + NODES, 8),
    capacity = jit and number_at(address + MASK, 4) + 1 or 2 ^ number_at(address + POWER, 1),
  }
end

local function count(t)
  local live = 0
  for _ in pairs(t) do
    live = live + 1
  end
  return live
end

local function print_truth(t, verdict, label, more)
  local table = describe(t)
  print(string.format(
    'TRUTH {"implementation": "%s", "address": "0x%x", "capacity": %d, "live": %d, '
      .. '"peak": %d, "verdict": "%s", "snapshot": "%s"%s}',
    NAME, table.nodes, table.capacity, count(t), ENTRIES, verdict, label, more))
  io.stdout:flush()
end

local function fill(key)
  local t = {}
  for i = 1, ENTRIES do
    t[key(i)] = true
  end
  return t
end

local function print_capacities(key)
  for _, live in ipairs {500, 1024, 1025, 5000, 16000} do
    local t = fill(key)
    for i = live + 1, ENTRIES do
      t[key(i)] = nil
    end
    local before = describe(t).capacity
    local n = {}
    for k, v in pairs(t) do
      n[k] = v
    end
    local after = describe(n).capacity
    print(string.format("CAPACITY %d %d %d %d %d %s", live, before, before * NODE_BYTES,
      after, after * NODE_BYTES, NAME))
  end
end

local function take_snapshot()
  if os.getenv("HASHTRACK_SIGNAL") then
    os.execute("kill -USR2 " .. io.open("/proc/self/stat"):read("*n"))
  end
end

local scenario, kind = arg[1], arg[2] or "strings"
local key = assert(make_key[kind], "no such kind")
if scenario == "capacity" then
  print_capacities(key)
  return
end
if scenario == "many" then -- of two entries each that were 200
  local tables = {}
  for n = 1, 3000 do
    local t = {}
    for i = 1, 200 do
      t[key(i)] = true
    end
    for i = 3, 200 do
      t[key(i)] = nil
    end
    tables[n] = t
  end
  print(string.format(
    'MANY {"implementation": "Lua table", "tables": %d, "capacity": %d, "live": 2, '
      .. '"verdicts": ["hollow"], "snapshot": "signal"}', #tables, describe(tables[1]).capacity))
  io.stdout:flush()
  take_snapshot()
  return
end
local t, verdict, more = fill(key), "ok", ""
if scenario == "hollow" or scenario == "freed" then
  for i = 1, ENTRIES do
    if i % KEPT_OF ~= 0 then
      t[key(i)] = nil
    end
  end
  verdict, more = "hollow", string.format(', "tombstones": %d', ENTRIES - count(t))
elseif scenario == "empty" or scenario == "one" then
  for i = scenario == "one" and 2 or 1, ENTRIES do
    t[key(i)] = nil
  end
  verdict, more = "hollow", string.format(', "tombstones": %d', ENTRIES - count(t))
elseif scenario == "churn" then
  for i = 1, ENTRIES do
    t[key(i)] = nil
    t[key(i + ENTRIES)] = true
  end
else
  assert(scenario == "full", "no such scenario")
end
print_truth(t, verdict, "signal", more)
if scenario == "freed" then
  print_truth(t, verdict, "main-returned", ', "freed": true')
end
take_snapshot()
