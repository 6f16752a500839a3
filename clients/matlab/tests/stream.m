% Streams to the service at HYPERCOLUMN_URL and HYPERCOLUMN_STREAM_PORT, and prints what the test compares, as JSON.
addpath(fullfile(fileparts(mfilename('fullpath')), '..'));
service = Hypercolumn(getenv('HYPERCOLUMN_URL'));
port = str2double(getenv('HYPERCOLUMN_STREAM_PORT'));
bits = @(values) typecast(reshape(single(values), 1, []), 'uint32');
twin = service.twin('demo');
[column, row, image] = meshgrid(0:49, 0:49, 0:39);
images = uint8(mod(3 * row + 11 * column + 50 * image, 256));

stream = twin.stream('neurons', [0 3], 'port', port, 'patience', 600);
found.patience = stream.ready.patience;
for i = 1:40, stream.send(images(:, :, i)); end
for i = 1:40
  reply = stream.receive();
  found.sequence(i) = reply.sequence;
  responses(:, i) = reply.responses;
end
found.bits = bits(responses);
reply = stream.send(images(:, :, 1));
here = stream.clock.here;
found.times = [reply.sent, here(reply.received), here(reply.returned), reply.answered];
found.sequence(41) = reply.sequence;
floats = twin.stream('neurons', [0 3], 'port', port, 'dtype', 'float32');
found.floats = bits(floats.send(double(images(:, :, 2)) / 255).responses);

origin = tic();
early = twin.stream('port', port, 'clock', @() toc(origin));
late = twin.stream('port', port, 'clock', @() toc(origin) + 1000);
found.skew = early.clock.offset - late.clock.offset;
found.doubt = early.clock.error + late.clock.error;
reply = late.send(images(:, :, 1));
found.late = [reply.sent, late.clock.here(reply.received), late.clock.here(reply.returned), reply.answered];
found.error = late.clock.error;

[column, row, channel] = meshgrid(0:49, 0:49, 0:2);
colours = uint8(mod(cat(4, 3 * row + 11 * column + 50 * channel, 7 * row + 5 * column + 90 * channel), 256));
joined = service.twin('joined');
[responses, spread] = joined.respond(colours);
found.colours = [bits(responses.') bits(spread.')];
stream = joined.stream('port', port, 'spread', true);
for i = 1:2
  reply = stream.send(colours(:, :, :, i));
  responses(i, :) = reply.responses;
  spread(i, :) = reply.spread;
end
found.streamed = [bits(responses.') bits(spread.')];

stale = service.twin('demo');
stale.card.digest = repmat('0', 1, 64);
gray = twin.stream('port', port);
gone = twin.stream('port', port);
gone.close();
attempts = {@() twin.stream('port', port, 'neurons', 99), @() stale.stream('port', port), @() twin.stream('port', 1), ...
  @() twin.stream('neuron', 1), @() service.stream(), @() gray.send(images(1:40, :, 1)), ...
  @() gray.send(double(images(:, :, 1))), @() gray.receive(), @() gone.send(images(:, :, 1)), ...
  @() floats.send(2 * ones(50)), @() twin.send(images(:, :, 1)), @() twin.stream('port', '8081'), ...
  @() twin.stream('patience', -1), @() twin.stream('clock', 5), ...
  @() twin.stream('port', str2double(regexp(service.url, '\d+$', 'match', 'once')))};
for i = 1:numel(attempts)
  try
    ignored = attempts{i}();
  catch failure
    found.errors{i} = [failure.identifier ' ' failure.message];
  end
end
found.after = floats.send(single(images(:, :, 2)) / 255).sequence;

stream = twin.stream('port', port);
system(['kill -TERM ' getenv('HYPERCOLUMN_PID')]);
try
  while true, reply = stream.send(images(:, :, 1)); end
catch failure
  found.end = failure.message;
  found.shutting_down = reply.shutting_down;
end
disp(jsonencode(found));
