classdef Hypercolumn < handle
% Hypercolumn  Digital twins of recorded neurons, asked over HTTP.
%
%   service = Hypercolumn('http://127.0.0.1:8080')         a service
%   service = Hypercolumn('http://127.0.0.1:8080', key)    one that needs an API key
%   names = service.models()                               the names of its models
%   twin = service.twin('demo')                            one model
%
%   responses = twin.respond(images)                       (N, neurons), single
%   responses = twin.respond(images, 'neurons', [0 3])
%   [responses, spread] = twin.respond(images)             spread: of an ensemble's members
%   tuning = twin.tuning('orientation', 'neurons', 3)      struct: values, unit, curves, neurons, fits, indices
%   field = twin.receptive_field('neurons', 3)             struct: x, y, unit, maps (y, x, neurons), fits, indices
%   found = twin.characterize('neurons', [2 3])            a job, with its progress; found.neurons(1).indices.gOSI
%   found = twin.preferred_stimulus('neurons', [2 8])      a job; found.images are (H, W, restarts, neurons)
%
%   job = twin.start('characterize', 'neurons', [2 3])     does not wait
%   job = service.job(job.id), service.wait(job.id), service.cancel(job.id)
%
%   stream = twin.stream('neurons', [0 3])                 a closed loop; the service has STREAM_PORT=8081
%   reply = stream.send(image)                             struct: responses, round_trip, sent, received, ...
%   stream.send(image), reply = stream.receive()           several images may be on the way
%   stream.clock                                           struct: offset, round_trip, error, here
%   stream.close()
%
%   images are uint8 (0..255) or double or single (0..1): (H, W, N), or (H, W, 3, N) for models in colour.
%   A gray model reads an image of (H, W, 3) as three images: make a picture in colour gray first, with rgb2gray.
%   Neurons are counted from 0, as the service counts them. `help Hypercolumn.tuning` explains one call.
%
%   Errors have the identifiers Hypercolumn:InvalidInput, NotFound, KeyRejected, Busy, ServiceUnreachable,
%   JobFailed, FrameRejected and RequestRejected. After 429, 502, 503, 504 or a lost connection a GET or a POST is sent again,
%   up to `retries` times (4), after the time in Retry-After. Each POST has an Idempotency-Key. A twin has the `retries`
%   and the `timeout` that its service had when it was made. In messages stimuli[1][2][3] is images(3, 4, 2): the
%   service counts from 0, and the image first.
%
%   It needs no toolbox. In Octave it needs the program curl, since Octave's webwrite only sends forms, and for
%   streams the package instrument-control, which has tcpclient.

  properties
    url
    retries = 4   % how often a request is sent again
    timeout = 60  % seconds that a request may take; in MATLAB, that a connection may take
    card = []     % of the model: its digest, its neurons, its stimuli
    ready = []    % of a stream: what the service said when it opened
    clock = []    % of a stream: how the clock of the service compared with the client's
  end

  properties (Access = private)
    key = ''
    name = ''     % of the model
    socket = []   % of a stream, as the rest
    now = []      % the client's clock, in seconds
    dtype = ''
    spread = false
    ended = ''    % why it is over
    images = 0    % images that were sent
    answers = 0   % answers that were read, to clock probes too
    waiting = []  % the number of each image that is not answered, and NaN for each clock probe
  end

  methods
    function self = Hypercolumn(url, key)
      self.url = regexprep(Hypercolumn.text_of(url, 'the address'), '/+$', '');
      if isempty(regexp(self.url, '^https?://[^/]', 'once'))
        error('Hypercolumn:InvalidInput', 'wrong address: %s; expected one such as http://127.0.0.1:8080', self.url);
      end
      % A key that is read from a file may end with a line break.
      if nargin > 1, self.key = strtrim(Hypercolumn.text_of(key, 'the key')); end
    end

    function names = models(self)
      % models  The names of the models, a cell array.
      found = Hypercolumn.listed(self.get('/v1/models').models);
      names = cellfun(@(each) each.name, found, 'UniformOutput', false);
    end

    function twin = twin(self, name)
      % twin  The latest version of a model. The twin keeps to it.
      twin = Hypercolumn(self.url, self.key);
      twin.retries = self.retries;
      twin.timeout = self.timeout;
      twin.name = Hypercolumn.text_of(name, 'the name of a model');
      twin.card = twin.get(['/v1/models/' Hypercolumn.encoded(twin.name)]);
    end

    function [responses, spread] = respond(self, images, varargin)
      % respond  Predicted responses to images, single (N, neurons).
      %   images are uint8 (0..255) or double or single (0..1): (H, W, N), or (H, W, 3, N) for models in colour.
      %   'neurons': ids, counted from 0; all by default. 'fit': what happens to images of another size than the
      %   model's, 'resize', 'crop' or 'stretch'; without it they are an error.
      %   [responses, spread] = twin.respond(images): the standard deviation of an ensemble's members.
      self.expect_model();
      query = Hypercolumn.options(varargin, {'neurons', 'fit'});
      if nargout > 1, query.spread = 'true'; end
      query = Hypercolumn.query(query);
      body = Hypercolumn.to_npy(images, self.in_colour());
      npy = 'application/x-npy';
      [values, shape] = Hypercolumn.from_npy(self.post(['/responses' query], body, npy, npy));
      values = reshape(values, fliplr(shape));
      if nargout > 1
        spread = values(:, :, 2).';
        values = values(:, :, 1);
      end
      responses = values.';
    end

    function tuning = tuning(self, parameter, varargin)
      % tuning  Curves along a parameter, such as 'orientation', 'spatialFrequency', 'diameter' or 'contrast'.
      %   'neurons': ids. 'values': of the parameter. 'stimulus': a struct with fixed parameters, such as
      %   struct('grating', struct('diameter', 20)).
      %   'second', 'secondValues': another parameter, swept at each value of the first.
      %   tuning.curves is (neurons, values), or (neurons, values, secondValues); fits and indices are cell arrays
      %   with a struct for each neuron, and so is along, of two parameters: along{1}.orientation.indices.
      %   tuning.answer is all that the service answered.
      answer = self.measure('/tuning/parametric', [{'parameter', parameter} varargin], {'values', 'secondValues'});
      of = @(field) Hypercolumn.field_of(answer.neurons, field);
      tuning = struct('parameter', answer.parameter, 'values', answer.values(:).', 'unit', answer.unit, ...
        'neurons', cell2mat(of('id')), 'answer', answer);
      curves = of('curve');
      if isfield(answer, 'second')
        second = answer.second;
        [tuning.second, tuning.secondValues, tuning.secondUnit] = deal(second.parameter, second.values(:).', second.unit);
        sizes = [1 numel(tuning.values) numel(tuning.secondValues)];
        curves = cellfun(@(curve) reshape(curve, sizes), curves, 'UniformOutput', false);
        tuning.along = of('along');
      else
        curves = cellfun(@(curve) curve(:).', curves, 'UniformOutput', false);
      end
      tuning.curves = cat(1, curves{:});
      tuning.fits = of('fits');
      tuning.indices = of('indices');
    end

    function field = receptive_field(self, varargin)
      % receptive_field  Where on the image small stimuli change the responses.
      %   'neurons': ids. 'x', 'y': places, from the middle of the image, to the right and up. 'stimulus': a struct
      %   such as struct('disc', struct('diameter', 3)).
      %   field.maps is (y, x, neurons), at the places field.y and field.x, in field.unit; fits and indices are
      %   cell arrays with a struct for each neuron. field.answer is all that the service answered.
      answer = self.measure('/receptive-field', varargin, {'x', 'y'});
      of = @(field) Hypercolumn.field_of(answer.neurons, field);
      [x, y] = deal(answer.x(:).', answer.y(:).');
      maps = cellfun(@(map) reshape(map, numel(y), numel(x)), of('map'), 'UniformOutput', false);
      field = struct('x', x, 'y', y, 'unit', answer.unit, 'maps', cat(3, maps{:}), 'neurons', cell2mat(of('id')), ...
        'answer', answer);
      field.fits = of('fits');
      field.indices = of('indices');
    end

    function found = characterize(self, varargin)
      % characterize  All that is known of the tuning of neurons; prints the progress of the job.
      %   'neurons': ids; all by default. found.neurons is a struct array: found.neurons(1).indices.gOSI.value.
      job = self.wait(self.start('characterize', varargin{:}));
      found = jsondecode(self.result(job, 'application/json'));
    end

    function found = preferred_stimulus(self, varargin)
      % preferred_stimulus  Images that raise the responses; prints the progress of the job.
      %   'neurons': ids; all by default. 'restarts', 'steps', 'seed' and others: docs/interpret.md.
      %   found.images is single (H, W, restarts, neurons), and (H, W, 3, restarts, neurons) in colour.
      %   found.neurons(1).stimuli(2).response is the response of the first neuron to the second of its images.
      %   found.neurons(1).best counts from 0: the strongest image is found.images(:, :, found.neurons(1).best + 1, 1).
      job = self.wait(self.start('preferred-stimulus', varargin{:}));
      found = jsondecode(self.result(job, 'application/json'));
      [values, shape] = Hypercolumn.from_npy(self.result(job, 'application/x-npy'));
      values = reshape(values, fliplr(shape));
      if numel(shape) == 5, order = [3 2 1 4 5]; else, order = [2 1 3 4]; end
      found.images = permute(values, order);
      found.job = job.id;
    end

    function job = start(self, kind, varargin)
      % start  Starts a job, 'characterize' or 'preferred-stimulus', and does not wait for it.
      %   job = twin.start('characterize', 'neurons', [2 3]), or with a struct: struct('neurons', [2 3]).
      if numel(varargin) == 1 && isstruct(varargin{1})
        request = varargin{1};
      else
        request = Hypercolumn.options(varargin);
      end
      if isfield(request, 'neurons'), request.neurons = Hypercolumn.joined(request.neurons); end
      json = 'application/json';
      kind = Hypercolumn.encoded(Hypercolumn.text_of(kind, 'the kind of a job'));
      job = jsondecode(self.post(['/' kind], uint8(jsonencode(request)), json, json));
    end

    function job = job(self, id)
      % job  The state of a job, of which `id` is the id, or what start returned.
      job = self.get(Hypercolumn.job_path(id));
    end

    function job = wait(self, id)
      % wait  Waits until a job is over, and prints a line at each change of its progress.
      %   Ctrl-C ends the waiting, and the job goes on: cancel(id) cancels it. A service that is started again
      %   meanwhile may be away for three minutes.
      shown = '';
      away = [];
      while true
        try
          job = self.job(id);
        catch failure
          if ~any(strcmp(failure.identifier, {'Hypercolumn:ServiceUnreachable', 'Hypercolumn:Busy'})), rethrow(failure); end
          if isempty(away), away = tic; end
          if toc(away) > 180, rethrow(failure); end
          pause(1);
          continue;
        end
        away = [];
        line = sprintf('%s: %s, %d of %d steps', job.kind, job.state, job.progress.done, job.progress.total);
        if ~strcmp(line, shown), disp(line); end
        shown = line;
        if ~any(strcmp(job.state, {'queued', 'running'})), break; end
        pause(0.5);
      end
      if ~strcmp(job.state, 'succeeded')
        error('Hypercolumn:JobFailed', 'job %s: %s; %s', job.id, job.state, job.reason);
      end
    end

    function body = result(self, id, accept)
      % result  The bytes of a job's result in a media type, such as 'application/json' (jobs.md).
      body = self.ask('GET', [Hypercolumn.job_path(id) '/result'], uint8([]), '', accept);
    end

    function cancel(self, id)
      % cancel  Cancels a job; deletes it, with its result, when it is over.
      self.ask('DELETE', Hypercolumn.job_path(id), uint8([]), '', 'application/json');
    end

    function stream = stream(self, varargin)
      % stream  Opens a stream: images in, answers out, in order, and compares the clocks.
      %   'neurons': ids, counted from 0; all by default. 'dtype': 'uint8' (0..255, by default) or 'float32' (0..1).
      %   'patience': seconds after which an image is rejected, not answered late. 'spread': true for that of an
      %   ensemble. 'port' (8081) and 'host' (that of the service) of its STREAM_PORT.
      %   'clock': a function that returns the client's time in seconds, such as @GetSecs.
      self.expect_model();
      host = regexp(self.url, '//\[?([^/\]]+?)\]?(:\d+)?(/|$)', 'tokens', 'once');
      origin = tic();
      options = struct('neurons', [], 'dtype', 'uint8', 'patience', [], 'spread', false, 'port', 8081, ...
        'host', host{1}, 'clock', @() toc(origin));
      given = Hypercolumn.options(varargin, fieldnames(options).');
      for name = fieldnames(given).', options.(name{1}) = given.(name{1}); end
      Hypercolumn.expect(options.port, 'port', 'a number, such as 8081', @(port) isnumeric(port) && isscalar(port));
      Hypercolumn.expect(options.patience, 'patience', 'seconds, above 0', ...
        @(patience) isempty(patience) || (isnumeric(patience) && isscalar(patience) && patience > 0));
      Hypercolumn.expect(options.clock, 'clock', 'a function, such as @GetSecs', @(clock) isa(clock, 'function_handle'));
      Hypercolumn.expect(options.spread, 'spread', 'true or false', @(spread) islogical(spread) && isscalar(spread));
      options.host = Hypercolumn.text_of(options.host, 'host');
      options.dtype = Hypercolumn.text_of(options.dtype, 'dtype');
      stream = Hypercolumn(self.url, self.key);
      stream.timeout = self.timeout;
      stream.name = self.name;
      stream.card = self.card;
      stream.open(options);
    end

    function reply = send(self, image)
      % send  Sends an image to a stream, and with an output waits for its answer.
      %   Without an output it does not wait: several images may be on the way, and receive returns their answers.
      %   reply has sequence, responses (neurons, 1), round_trip, decode, queue and infer (milliseconds), sent and
      %   answered (seconds of the client's clock), received and returned (of the service's, Unix time),
      %   outside_training_range, shutting_down, and spread (neurons, 1).
      self.expect_open();
      if nargout > 0, self.expect_none(); end
      pixels = self.pixels_of(image);
      self.write_frame(pixels);
      self.waiting(end + 1) = self.images;
      self.images = self.images + 1;
      if nargout > 0, reply = self.receive(); end
    end

    function reply = receive(self)
      % receive  Waits for the next answer of a stream, in the order of the images.
      self.expect_open();
      if all(isnan(self.waiting))
        error('Hypercolumn:InvalidInput', 'no image waits for an answer; expected one that was sent');
      end
      % A comparison of the clocks that was broken off leaves answers behind.
      number = NaN;
      while isnan(number), [reply, number, status, text] = self.read_answer(); end
      if status ~= 200
        % The service counts clock probes too.
        text = regexprep(text, '^stimuli\[\d+\]', sprintf('stimuli[%d]', number));
        error('Hypercolumn:FrameRejected', 'image %d has no responses: %d, %s', number, status, text);
      end
    end

    function clock = synchronize(self, probes)
      % synchronize  Compares the clocks again, as NTP does (RFC 5905, section 8). Clocks drift.
      %   clock.offset: the service's clock minus the client's, wrong by at most clock.error, half of
      %   clock.round_trip, all in seconds. clock.here(reply.received) is that time by the client's clock.
      if nargin < 2, probes = 16; end
      self.expect_open();
      self.expect_none();
      [offset, best] = deal(NaN, Inf);
      for i = 1:probes
        self.write_frame(uint8([]));
        self.waiting(end + 1) = NaN;
        [probe, ~, status] = self.read_answer();
        if status ~= 204
          error('Hypercolumn:ServiceUnreachable', ...
            'a clock probe was answered with %d; expected 204: open the stream again', status);
        end
        round_trip = (probe.answered - probe.sent) - (probe.returned - probe.received);
        if round_trip < best
          best = round_trip;
          offset = ((probe.received - probe.sent) + (probe.returned - probe.answered)) / 2;
        end
      end
      clock = struct('offset', offset, 'round_trip', best, 'error', best / 2, 'here', @(time) time - offset);
      self.clock = clock;
    end

    function close(self)
      % close  Closes a stream. Images that are not answered are lost.
      self.ended = 'it was closed';
      self.socket = [];
      self.waiting = [];
    end
  end

  methods (Access = private)
    function open(self, options)
      self.now = options.clock;
      self.dtype = options.dtype;
      self.spread = options.spread;
      stimulus = self.card.stimulus;
      terms = struct('model', self.name, 'version', self.card.version, 'digest', self.card.digest, ...
        'dtype', self.dtype, 'stamps', true, 'spread', self.spread, 'shape', [stimulus.height stimulus.width]);
      if self.in_colour(), terms.shape(3) = 3; end
      if ~isempty(options.neurons), terms.neurons = Hypercolumn.joined(options.neurons); end
      if ~isempty(options.patience), terms.patience = max(1, round(1000 * double(options.patience))); end
      if ~isempty(self.key), terms.key = self.key; end
      try
        self.socket = Hypercolumn.connect(options.host, options.port, self.timeout);
      catch failure
        error('Hypercolumn:ServiceUnreachable', ...
          'no port for streams answers at %s:%d: %s; start the service with STREAM_PORT=%d, or name another ''port''', ...
          options.host, options.port, strtrim(failure.message), options.port);
      end
      try
        self.write_message(uint8(jsonencode(terms)));
        self.ready = jsondecode(native2unicode(self.read_message(), 'UTF-8'));
      catch failure
        reason = self.ended;
        if isempty(reason), reason = failure.message; end
        error('Hypercolumn:ServiceUnreachable', ...
          '%s:%d does not answer as a port for streams: %s; expected ''port'' to be the STREAM_PORT of the service', ...
          options.host, options.port, reason);
      end
      if ~strcmp(self.ready.type, 'ready')
        self.socket = [];
        Hypercolumn.reject_problem(self.ready.status, self.ready);
      end
      self.synchronize();
    end

    function expect_model(self)
      if isempty(self.name)
        error('Hypercolumn:InvalidInput', 'no model is chosen; expected a twin, as service.twin(name) returns it');
      end
    end

    function expect_open(self)
      if isempty(self.ended) && isempty(self.socket)
        error('Hypercolumn:InvalidInput', 'no stream is open; expected one, as stream = twin.stream() returns it');
      end
      if isempty(self.socket), self.lose(self.ended); end
    end

    function expect_none(self)
      if ~isempty(self.waiting)
        error('Hypercolumn:InvalidInput', '%d images are not answered; expected none: receive their answers first', ...
          numel(self.waiting));
      end
    end

    function pixels = pixels_of(self, image)
      expected = self.ready.shape(:).';
      if ~isequal(size(image), expected)
        error('Hypercolumn:InvalidInput', 'wrong size of an image: %s; expected %s', ...
          strtrim(sprintf('%d ', size(image))), strtrim(sprintf('%d ', expected)));
      end
      if strcmp(self.dtype, 'float32')
        [fits, kinds, other] = deal(isfloat(image) && isreal(image), 'single or double', 'uint8');
        if fits, image = single(full(image)); end
      else
        [fits, kinds, other] = deal(isa(image, 'uint8'), 'uint8', 'float32');
      end
      if ~fits
        error('Hypercolumn:InvalidInput', ...
          'wrong type of an image: %s; expected %s, or a stream that is opened with ''dtype'', ''%s''', ...
          Hypercolumn.kind_of(image), kinds, other);
      end
      % A frame has the rows one after the other, and the channels of each pixel together.
      image = permute(image, [3 2 1]);
      pixels = typecast(image(:).', 'uint8');
    end

    function write_frame(self, pixels)
      % The service returns the stamp as it is.
      self.write_message([typecast(double(self.now()), 'uint8') pixels]);
    end

    function write_message(self, message)
      self.expect_open();
      try
        write(self.socket, [typecast(uint32(numel(message)), 'uint8') message]);
      catch failure
        self.lose(failure.message);
      end
    end

    function message = read_message(self)
      message = self.read_bytes(double(typecast(self.read_bytes(4), 'uint32')));
    end

    function bytes = read_bytes(self, count)
      self.expect_open();
      try
        bytes = uint8(read(self.socket, count));
      catch failure
        self.lose(failure.message);
      end
      if numel(bytes) < count, self.lose(sprintf('no answer came within %g s, or it was lost', self.timeout)); end
      bytes = bytes(:).';
    end

    function lose(self, reason)
      self.close();
      self.ended = strtrim(reason);
      error('Hypercolumn:ServiceUnreachable', 'the stream is closed: %s; open it again', self.ended);
    end

    function [answer, number, status, text] = read_answer(self)
      message = self.read_message();
      answered = self.now();
      field = @(first, last, kind) double(typecast(message(first:last), kind));
      status = field(5, 6, 'uint16');
      text = '';
      if status ~= 200, text = native2unicode(message(49:end), 'UTF-8'); end
      if status >= 1000, self.lose(sprintf('%d %s', status, text)); end
      sequence = field(1, 4, 'uint32');
      if isempty(self.waiting) || sequence ~= mod(self.answers, 2 ^ 32)
        % Such as after a Ctrl-C while an answer was read.
        self.lose(sprintf('the answer %d came in the place of %d', sequence, self.answers));
      end
      self.answers = self.answers + 1;
      flags = field(7, 8, 'uint16');
      sent = field(9, 16, 'double');
      times = field(17, 28, 'single');
      stamps = field(33, 48, 'uint64') / 1e9;
      values = typecast(message(49:48 + 4 * field(29, 32, 'uint32')), 'single').';
      number = self.waiting(1);
      self.waiting(1) = [];
      half = numel(values) / (1 + self.spread);
      answer = struct('sequence', number, 'responses', values(1:half), 'round_trip', 1000 * (answered - sent), ...
        'decode', times(1), 'queue', times(2), 'infer', times(3), 'sent', sent, 'answered', answered, ...
        'received', stamps(1), 'returned', stamps(2), 'outside_training_range', bitand(flags, 2) > 0, ...
        'shutting_down', bitand(flags, 1) > 0, 'spread', values(half + 1:end));
    end

    function yes = in_colour(self)
      yes = isfield(self.card.stimulus, 'channels') && self.card.stimulus.channels == 3;
    end

    function answer = get(self, path)
      answer = jsondecode(self.ask('GET', path, uint8([]), '', 'application/json'));
    end

    function body = post(self, route, body, type, accept)
      self.expect_model();
      % A later version may have other neurons than the card.
      place = sprintf('/v1/models/%s/versions/%d', Hypercolumn.encoded(self.name), self.card.version);
      body = self.ask('POST', [place route], body, type, accept);
    end

    function answer = measure(self, route, given, lists)
      % What the service answers to options, of which these are lists also where they have one number.
      request = Hypercolumn.options(given);
      neurons = struct();
      if isfield(request, 'neurons')
        neurons.neurons = request.neurons;
        request = rmfield(request, 'neurons');
      end
      for name = lists
        if isfield(request, name{1}) && isnumeric(request.(name{1}))
          request.(name{1}) = num2cell(request.(name{1}));
        end
      end
      json = 'application/json';
      answer = jsondecode(self.post([route Hypercolumn.query(neurons)], uint8(jsonencode(request)), json, json));
    end

    function body = ask(self, method, path, body, type, accept)
      sent = {'Accept', accept};
      if ~isempty(type), sent(end + 1, :) = {'Content-Type', type}; end
      if ~isempty(self.key), sent(end + 1, :) = {'Authorization', ['Bearer ' self.key]}; end
      if strcmp(method, 'POST'), sent(end + 1, :) = {'Idempotency-Key', Hypercolumn.unique()}; end
      % A DELETE that is sent twice would delete the job that the first one cancelled.
      attempts = 1 + self.retries * ~strcmp(method, 'DELETE');
      for attempt = 1:attempts
        [status, answer, after] = self.exchange(method, [self.url path], sent, body);
        if status >= 200 && status < 300, break; end
        if attempt == attempts || ~any(status == [0 429 502 503 504]), self.reject(status, answer); end
        if isnan(after), after = 0.2 * 2 ^ (attempt - 1); end
        pause(min(30, after));
      end
      body = answer;
      if strcmp(accept, 'application/json'), body = native2unicode(body(:).', 'UTF-8'); end
    end

    function reject(self, status, answer)
      if status == 0
        error('Hypercolumn:ServiceUnreachable', ...
          'no service answers at %s: %s; start one with `npm start` or `npx hypercolumn serve`, or check the address', ...
          self.url, strtrim(native2unicode(answer(:).', 'UTF-8')));
      end
      detail = native2unicode(answer(:).', 'UTF-8');
      try
        problem = jsondecode(detail);
        problem.title;
      catch
        problem = struct('title', sprintf('%d', status), 'detail', detail);
      end
      Hypercolumn.reject_problem(status, problem);
    end

    function [status, answer, after] = exchange(self, method, url, headers, body)
      if exist('OCTAVE_VERSION', 'builtin')
        [status, answer, after] = Hypercolumn.by_curl(method, url, headers, body, self.timeout);
      else
        [status, answer, after] = Hypercolumn.by_matlab(method, url, headers, body, self.timeout);
      end
    end
  end

  methods (Static, Access = private)
    function socket = connect(host, port, timeout)
      if exist('OCTAVE_VERSION', 'builtin')
        try
          pkg('load', 'instrument-control');
        catch
          error('Hypercolumn:ServiceUnreachable', ['Octave''s package instrument-control is missing; install it: ' ...
            'apt-get install octave-instrument-control, or pkg install -forge instrument-control']);
        end
        socket = tcpclient(host, port, 'Timeout', timeout);
      else
        % Untested: only MATLAB has these options. Without the delay small frames are sent at once.
        socket = tcpclient(host, port, 'Timeout', timeout, 'ConnectTimeout', timeout, 'EnableTransferDelay', false);
      end
    end

    function reject_problem(status, problem)
      name = 'RequestRejected';
      if any(status == [400 413 415 422]), name = 'InvalidInput'; end
      if any(status == [401 403]), name = 'KeyRejected'; end
      if status == 404, name = 'NotFound'; end
      if any(status == [429 502 503 504]), name = 'Busy'; end
      % As the options of this client.
      detail = regexprep(problem.detail, '\?fit=(\w+)', '''fit'', ''$1''');
      if status == 401, detail = [detail '; expected service = Hypercolumn(url, key)']; end
      error(['Hypercolumn:' name], '%s: %s', problem.title, detail);
    end

    function [status, answer, after] = by_curl(method, url, headers, body, timeout)
      % The key goes through a pipe: neither the disk nor the list of processes has it.
      files = {tempname(), tempname(), tempname(), tempname()};
      cellfun(@(name) fclose(fopen(name, 'w')), files);
      remove = onCleanup(@() cellfun(@(name) unlink(name), files));
      quote = @(text) ['"' strrep(strrep(text, '\', '\\'), '"', '\"') '"'];
      lines = {['url = ' quote(url)], ['request = ' method], ['max-time = ' num2str(timeout)], ...
        ['output = ' quote(files{1})], ['dump-header = ' quote(files{2})], ['stderr = ' quote(files{3})], ...
        'silent', 'show-error'};
      for row = 1:size(headers, 1)
        lines{end + 1} = ['header = ' quote([headers{row, 1} ': ' headers{row, 2}])];
      end
      if strcmp(method, 'POST')
        file = fopen(files{4}, 'w');
        fwrite(file, body, 'uint8');
        fclose(file);
        lines{end + 1} = ['data-binary = ' quote(['@' files{4}])];
        lines{end + 1} = 'header = "Expect:"';
      end
      pipe = popen('curl --config -', 'w');
      fprintf(pipe, '%s\n', lines{:});
      pclose(pipe);
      [status, after] = deal(0, NaN);
      message = Hypercolumn.bytes(files{3});
      if ~isempty(message)
        answer = message;
        return;
      end
      answer = Hypercolumn.bytes(files{1});
      head = char(Hypercolumn.bytes(files{2}).');
      codes = regexp(head, 'HTTP/[\d.]+ (\d+)', 'tokens');
      if isempty(codes)
        error('Hypercolumn:ServiceUnreachable', ...
          'the program curl cannot be run; install it, such as with apt-get install curl');
      end
      status = str2double(codes{end}{1});
      found = regexpi(head, 'retry-after: *(\d+)', 'tokens');
      if ~isempty(found), after = str2double(found{end}{1}); end
    end

    function [status, answer, after] = by_matlab(method, url, headers, body, timeout)
      % Untested: only MATLAB has matlab.net.http.
      message = matlab.net.http.RequestMessage(method);
      for row = 1:size(headers, 1)
        message = message.addFields(headers{row, 1}, headers{row, 2});
      end
      if strcmp(method, 'POST')
        message.Body = matlab.net.http.MessageBody();
        message.Body.Payload = body;
      end
      options = matlab.net.http.HTTPOptions('ConnectTimeout', timeout, 'ConvertResponse', false);
      [status, after] = deal(0, NaN);
      try
        response = message.send(matlab.net.URI(url), options);
      catch failure
        answer = unicode2native(failure.message, 'UTF-8');
        return;
      end
      status = double(response.StatusCode);
      answer = response.Body.Data;
      if ischar(answer) || isstring(answer), answer = unicode2native(char(answer), 'UTF-8'); end
      field = response.getFields('Retry-After');
      if ~isempty(field), after = str2double(field(1).Value); end
    end

    function content = bytes(name)
      content = uint8([]);
      file = fopen(name, 'r');
      if file < 0, return; end
      content = fread(file, Inf, '*uint8');
      fclose(file);
    end

    function key = unique()
      % rand begins with the same numbers in each session of MATLAB.
      persistent count
      if isempty(count), count = 0; end
      count = count + 1;
      [~, name] = fileparts(tempname());
      key = sprintf('%s-%.0f-%d', name, now() * 86400e6, count);
    end

    function content = to_npy(images, in_colour)
      % npy has the last axis first in memory; here the first axis is the first in memory.
      if isfloat(images) && isreal(images), [images, kind] = deal(single(full(images)), '<f4');
      elseif isa(images, 'uint8'), kind = '|u1';
      else
        error('Hypercolumn:InvalidInput', 'wrong type of images: %s; expected uint8 (0..255), or single or double (0..1)', ...
          Hypercolumn.kind_of(images));
      end
      expected = '(H, W, N), as the model is gray';
      if in_colour, expected = '(H, W, 3, N), as the model is in colour'; end
      if ndims(images) > 3 + in_colour || (in_colour && size(images, 3) ~= 3)
        error('Hypercolumn:InvalidInput', 'wrong size of images: %s; expected %s', ...
          strtrim(sprintf('%d ', size(images))), expected);
      end
      [height, width, third, fourth] = size(images);
      if in_colour
        shape = sprintf('%d, %d, %d, %d', fourth, height, width, third);
        images = permute(images, [3 2 1 4]);
      else
        shape = sprintf('%d, %d, %d', third * fourth, height, width);
        images = permute(images, [2 1 3 4]);
      end
      head = sprintf('{''descr'': ''%s'', ''fortran_order'': False, ''shape'': (%s), }', kind, shape);
      head = [head repmat(' ', 1, mod(-(numel(head) + 11), 64)) char(10)];
      content = [uint8(147) uint8('NUMPY') uint8([1 0]) typecast(uint16(numel(head)), 'uint8') uint8(head) ...
        typecast(images(:).', 'uint8')];
    end

    function [values, shape] = from_npy(content)
      content = content(:).';
      first = 10 + double(typecast(content(9:10), 'uint16'));
      head = char(content(11:first));
      if isempty(strfind(head, '<f4')) || isempty(strfind(head, '''fortran_order'': False'))
        error('Hypercolumn:RequestRejected', 'wrong answer: %s; expected float32 in npy', head);
      end
      found = regexp(head, '\(([^)]*)\)', 'tokens');
      shape = sscanf(strrep(found{1}{1}, ',', ' '), '%d').';
      values = typecast(content(first + 1:end), 'single');
    end

    function list = listed(value)
      % jsondecode returns a struct array where all have the same fields, else a cell array.
      if iscell(value), list = value(:); else, list = num2cell(value(:)); end
    end

    function values = field_of(list, name)
      % A field of each struct of a list, as a cell array.
      values = cellfun(@(each) each.(name), Hypercolumn.listed(list), 'UniformOutput', false);
    end

    function options = options(given, known)
      % The options of a call as a struct. Without `known` the service checks their names.
      options = struct();
      for i = 1:2:numel(given)
        name = Hypercolumn.text_of(given{i}, 'the name of an option');
        if nargin > 1 && ~any(strcmp(name, known))
          error('Hypercolumn:InvalidInput', 'unknown option: %s; expected one of %s', name, strjoin(known, ', '));
        end
        if ~isvarname(name)
          error('Hypercolumn:InvalidInput', 'wrong name of an option: ''%s''; expected one such as ''neurons''', name);
        end
        if i == numel(given)
          error('Hypercolumn:InvalidInput', 'an option without a value: %s; expected names and values, in pairs', name);
        end
        options.(name) = given{i + 1};
      end
    end

    function text = query(options)
      if isfield(options, 'neurons'), options.neurons = Hypercolumn.joined(options.neurons); end
      names = fieldnames(options).';
      pairs = cellfun(@(name) [name '=' Hypercolumn.encoded(Hypercolumn.text_of(options.(name), name))], names, ...
        'UniformOutput', false);
      text = '';
      if ~isempty(pairs), text = ['?' strjoin(pairs, '&')]; end
    end

    function text = encoded(text)
      % As RFC 3986 has it, with the commas between ids as they are.
      if isempty(text), return; end
      bytes = unicode2native(text, 'UTF-8');
      plain = ismember(bytes, uint8(['A':'Z' 'a':'z' '0':'9' '-._~,']));
      parts = arrayfun(@(byte) sprintf('%%%02X', byte), bytes, 'UniformOutput', false);
      parts(plain) = num2cell(char(bytes(plain)));
      text = [parts{:}];
    end

    function path = job_path(id)
      if isstruct(id) && isfield(id, 'id'), id = id.id; end
      path = ['/v1/jobs/' Hypercolumn.encoded(Hypercolumn.text_of(id, 'the id of a job'))];
    end

    function text = joined(neurons)
      if isnumeric(neurons)
        text = strjoin(arrayfun(@(id) sprintf('%.15g', id), neurons(:).', 'UniformOutput', false), ',');
      elseif ischar(neurons) || isa(neurons, 'string')
        text = char(neurons);
      else
        error('Hypercolumn:InvalidInput', 'neurons: %s; expected ids, such as [0 3], or a text such as ''0,5,7-12''', ...
          Hypercolumn.shown(neurons));
      end
    end

    function text = text_of(value, what)
      % MATLAB has texts in "two quotes" too, which are of another class and cannot be joined as these are.
      if ~ischar(value) && ~(isa(value, 'string') && isscalar(value))
        error('Hypercolumn:InvalidInput', '%s: %s; expected a text', what, Hypercolumn.shown(value));
      end
      text = char(value);
    end

    function kind = kind_of(value)
      kind = class(value);
      if isnumeric(value) && ~isreal(value), kind = ['complex ' kind]; end
    end

    function expect(value, name, expected, holds)
      if holds(value), return; end
      error('Hypercolumn:InvalidInput', '%s: %s; expected %s', name, Hypercolumn.shown(value), expected);
    end

    function text = shown(value)
      text = class(value);
      if ischar(value), text = ['''' value(:).' '''']; end
      if (isnumeric(value) || islogical(value)) && numel(value) < 10 && ndims(value) == 2, text = mat2str(value); end
    end
  end
end
