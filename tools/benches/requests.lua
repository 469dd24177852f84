-- What wrk sends: the bodies of a file, a line each, one after the other; tells at the end what came of it.
--
--   wrk -s requests.lua URL -- OPERATION BODIES
local bodies = {}
local headers = {
    ["Content-Type"] = "application/json",
    -- Not checked by a server without keys; moto finds the service in it.
    ["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/s3vectors/aws4_request, "
        .. "SignedHeaders=host, Signature=0",
}
local path
local sent = 0

function init(arguments)
    path = "/" .. arguments[1]
    for line in io.lines(arguments[2]) do bodies[#bodies + 1] = line end
end

function request()
    sent = sent + 1
    return wrk.format("POST", path, headers, bodies[(sent - 1) % #bodies + 1])
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p95": %.3f, "p99": %.3f, "failed": %d, "refused": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
        latency:percentile(99) / 1e3, errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
