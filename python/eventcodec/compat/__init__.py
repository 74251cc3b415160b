"""The writers of other packages, with their signatures and manners, over this package's writer.

eventcodec.compat.torch stands for torch.utils.tensorboard, eventcodec.compat.tensorboardx for
tensorboardX. docs/compat.md says where they do better than the originals.
"""
