# SPDX-License-Identifier: MIT
"""The networks of the tests: torchvision's and a U-Net, with random weights from a seed and calibrated batch norms."""
import torch
import torchvision
from torch import nn


class DoubleConv(nn.Sequential):
    def __init__(self, inputs, outputs):
        layers = []
        for i in (inputs, outputs):
            layers += [nn.Conv2d(i, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers)


class UNet(nn.Module):
    """Ronneberger et al. 2015, three levels deep: a score of each pixel for two classes."""

    def __init__(self, channels=16):
        super().__init__()
        c = [channels << i for i in range(4)]
        self.down = nn.ModuleList([DoubleConv(i, o) for i, o in zip([3] + c[:2], c[:3])])
        self.bottom = DoubleConv(c[2], c[3])
        self.grow = nn.ModuleList([nn.ConvTranspose2d(i, o, 2, 2) for i, o in zip(c[:0:-1], c[-2::-1])])
        self.up = nn.ModuleList([DoubleConv(i, o) for i, o in zip(c[:0:-1], c[-2::-1])])
        self.pool, self.scores = nn.MaxPool2d(2), nn.Conv2d(channels, 2, 1)

    def forward(self, x):
        kept = []
        for level in self.down:
            kept.append(level(x))
            x = self.pool(kept[-1])
        x = self.bottom(x)
        for grow, level in zip(self.grow, self.up):
            x = level(torch.cat((grow(x), kept.pop()), 1))
        return self.scores(x)


def calibrate(network, size):
    """Gives each batch norm the mean and variance that it really sees, as after a training; else activations vanish or blow up."""
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    if not norms:
        return network.eval()
    for norm in norms:
        norm.momentum = None  # the average over all batches
    network.train()
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4, 3, size, size))
    return network.eval()


def of_torchvision(name, **more):
    return lambda: getattr(torchvision.models, name)(weights=None, **more)


NETWORKS = {  # name: what makes it, and the height and width of its pictures
    'alexnet': (of_torchvision('alexnet'), 224),
    'vgg11': (of_torchvision('vgg11'), 224),
    'resnet18': (of_torchvision('resnet18'), 224),
    'resnet50': (of_torchvision('resnet50'), 224),
    'mobilenet_v2': (of_torchvision('mobilenet_v2'), 224),
    'mobilenet_v3_small': (of_torchvision('mobilenet_v3_small'), 224),
    'squeezenet1_1': (of_torchvision('squeezenet1_1'), 224),
    'googlenet': (of_torchvision('googlenet', aux_logits=False, init_weights=False), 224),
    'mnasnet1_0': (of_torchvision('mnasnet1_0'), 224),
    'regnet_y_400mf': (of_torchvision('regnet_y_400mf'), 224),
    'unet': (UNet, 128),
}


def make(name):
    """-> the network, ready to be used, and its input."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    factory, size = NETWORKS[name]
    return calibrate(factory(), size), torch.randn(1, 3, size, size)
