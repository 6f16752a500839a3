function found = closed_loop(url, port, trials)
% closed_loop  Finds the preferred orientation of a neuron: each answer chooses the next grating.
%   closed_loop()                                     a service on this computer, started with STREAM_PORT=8081
%   found = closed_loop(url, port, trials)            another service, another number of trials than 50
%   found has orientation and tuning (degrees), shown (degrees) and responses of each trial, and curve.
%
%   The twin takes the place of the animal: it answers each grating over a stream. In an experiment, put what
%   your rig records in the place of `answer`.
  if nargin < 1, url = 'http://127.0.0.1:8080'; end
  if nargin < 2, port = 8081; end
  if nargin < 3, trials = 50; end
  neuron = 3;
  addpath(fullfile(fileparts(mfilename('fullpath')), '..', '..', 'clients', 'matlab'));
  service = Hypercolumn(url);
  twin = service.twin('demo');
  stream = twin.stream('neurons', neuron, 'dtype', 'float32', 'port', port);
  answer = @(image) stream.send(image);

  rng(1);
  candidates = 0:7.5:172.5;
  shown = linspace(0, 180, 9);  % the first 8 trials go once around
  shown(end) = [];
  [responses, round_trips] = deal(zeros(1, trials));
  fprintf('trial  shown  response  best so far\n');
  for trial = 1:trials
    if trial > numel(shown), shown(trial) = next_orientation(candidates, shown, responses(1:trial - 1)); end
    reply = answer(grating(twin.card.stimulus, shown(trial), 360 * rand()));
    responses(trial) = reply.responses;
    round_trips(trial) = reply.round_trip;
    if mod(trial, 10) == 0 || trial == trials
      [curve, ~] = known(candidates, shown(1:trial), responses(1:trial));
      fprintf('%5d  %5.1f  %8.3f  %11.1f\n', trial, shown(trial), responses(trial), peak(candidates, curve));
    end
  end
  found = struct('orientation', peak(candidates, curve), 'shown', shown, 'responses', responses, 'curve', curve);

  tuning = twin.tuning('orientation', 'neurons', neuron);
  found.tuning = tuning.fits{1}.vonMises.parameters.mu;
  fprintf('neuron %d prefers %.1f degrees by %d trials, and %.1f by the fit of its tuning curve (%d images)\n', ...
    neuron, found.orientation, trials, found.tuning, 8 * numel(tuning.values));
  fprintf('round trip %.1f ms (median); the clocks are compared to %.2f ms\n', ...
    median(round_trips), 1000 * stream.clock.error);
  stream.close();
end

function orientation = next_orientation(candidates, shown, responses)
  % Thompson sampling: draws a curve from what is known, and shows where it is highest.
  [curve, spread] = known(candidates, shown, responses);
  [~, best] = max(curve + spread * randn(size(spread, 2), 1));
  orientation = candidates(best);
end

function [curve, spread] = known(candidates, shown, responses)
  % A Bayesian linear regression on the first harmonics of orientation, which has the period 180.
  noise = max(std(responses), 1e-6);
  features = basis(shown);
  middle = mean(responses);
  precision = features.' * features / noise ^ 2 + eye(5) / (2 * noise) ^ 2;
  weights = precision \ (features.' * (responses(:) - middle) / noise ^ 2);
  curve = middle + basis(candidates) * weights;
  spread = basis(candidates) / chol(precision);
end

function features = basis(orientation)
  orientation = orientation(:);
  features = [ones(size(orientation)) cosd(2 * orientation) sind(2 * orientation) ...
    cosd(4 * orientation) sind(4 * orientation)];
end

function orientation = peak(candidates, curve)
  [~, best] = max(curve);
  orientation = candidates(best);
end

function image = grating(stimulus, orientation, phase)
  % As docs/stimuli.md has it: a disc of 20 pixels, 0.1 cycles per pixel; the bars are counter-clockwise from horizontal.
  [x, y] = meshgrid((1:stimulus.width) - (stimulus.width + 1) / 2, (stimulus.height + 1) / 2 - (1:stimulus.height));
  across = y * cosd(orientation) - x * sind(orientation);
  inside = x .^ 2 + y .^ 2 <= 10 ^ 2;
  image = stimulus.backgroundGray * (1 + 0.99 * inside .* cosd(360 * 0.1 * across + phase));
end
