% Asks the service at HYPERCOLUMN_URL, and prints what the test compares, as JSON.
addpath(fullfile(fileparts(mfilename('fullpath')), '..'));
service = Hypercolumn(getenv('HYPERCOLUMN_URL'));
twin = service.twin('demo');
[column, row, image] = meshgrid(0:49, 0:49, 0:1);
images = uint8(mod(3 * row + 11 * column + 50 * image, 256));
found.models = service.models();
found.bits = typecast(reshape(twin.respond(images, 'neurons', [0 3]).', 1, []), 'uint32');
tuning = twin.tuning('orientation', 'neurons', 3);
found.values = tuning.values;
found.curves = tuning.curves;
sweep = twin.tuning('orientation', 'neurons', [3 5], 'values', [0 45 90], 'second', 'spatialFrequency', ...
  'secondValues', [0.05 0.1]);
found.second = sweep.secondValues;
found.sweep = reshape(permute(sweep.curves, [3 2 1]), 1, []);
field = twin.receptive_field('neurons', [0 3], 'x', [-5 0 5], 'y', [4 -4]);
found.places = {field.x, field.y};
found.maps = reshape(permute(field.maps, [2 1 3]), 1, []);
larger = twin.respond(repelem(images, 2, 2), 'neurons', 0, 'fit', 'resize');
found.larger = typecast(larger(:).', 'uint32');
colour = zeros(50, 50, 3, 2);
attempts = {@() twin.respond(images, 'neurons', 99), @() twin.respond(images, 'neuron', 0), ...
  @() twin.respond(images, 'neurons'), @() twin.respond(images, 'neurons', {0}), @() twin.respond(colour), ...
  @() twin.respond(images > 9), @() twin.respond(double(images) + 2i), @() twin.respond(images(1:40, :, :)), ...
  @() twin.respond(images, 'neurons', 'zero'), @() service.respond(images), @() service.twin('de mo'), ...
  @() service.twin(3), @() service.job('a/b'), @() Hypercolumn('127.0.0.1:8080'), @() twin.tuning('orientation', 1, 2)};
for i = 1:numel(attempts)
  try
    ignored = attempts{i}();
  catch failure
    found.errors{i} = [failure.identifier ' ' failure.message];
  end
end
job = twin.start('characterize', 'neurons', 2);
service.cancel(job);
search = twin.preferred_stimulus('neurons', [2 8], 'steps', 2, 'restarts', 2);
found.size = size(search.images);
found.pixel = double(search.images(11, 31, 2, 1));
disp(jsonencode(found));
