"""Writes the gradient of a network as an .onnx file; docs/import.md shows this code."""

import torch
from torch.fx.experimental.proxy_tensor import make_fx

aten = torch.ops.aten


def convolution_backward(grad, image, weight, _, stride, padding, dilation, transposed, __, groups, ___):
    extra = [
        image.shape[i + 2] + 2 * padding[i] - dilation[i] * (weight.shape[i + 2] - 1) - 1 - (grad.shape[i + 2] - 1) * stride[i]
        for i in range(2)
    ]
    return aten.convolution(grad, weight, None, stride, padding, dilation, True, extra, groups), None, None


def avg_pool2d_backward(grad, image, size, stride, padding, *_):
    channels = image.shape[1]
    weight = torch.full((channels, 1, *size), 1 / (size[0] * size[1]), dtype=grad.dtype)
    return convolution_backward(grad, image, weight, _, stride or size, padding, [1, 1], False, _, channels, _)[0]


def export_gradient(network, image, weights, file):
    def gradient(image, weights):
        image = image.detach().requires_grad_()
        return torch.autograd.grad((network(image) * weights).sum(), image)[0]

    parts = {
        aten.convolution_backward.default: convolution_backward,
        aten.avg_pool2d_backward.default: avg_pool2d_backward,
    }
    graph = make_fx(gradient, {**torch._decomp.core_aten_decompositions(), **parts})(image, weights).eval()
    names = {"input_names": ["image", "weights"], "output_names": ["gradient"]}
    torch.onnx.export(graph, (image, weights), file, external_data=False, verbose=False, **names)
