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
try
  twin.respond(images, 'neurons', 99);
catch failure
  found.error = {failure.identifier, failure.message};
end
search = twin.preferred_stimulus('neurons', [2 8], 'steps', 2, 'restarts', 2);
found.size = size(search.images);
found.pixel = double(search.images(11, 31, 2, 1));
disp(jsonencode(found));
