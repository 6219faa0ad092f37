"""Formats of labelling tools: Label Studio, COCO, CVAT; read and written, as plain values."""
