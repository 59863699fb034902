#!/usr/bin/env python3
"""ONNX Runtime's own int8 of the benchmark's network: quantize_onnx.py IN.onnx OUT.onnx

Weights of the products alone, a scale for every output channel, activations measured as they come (dynamic quantisation). With its
defaults the convolutions would become ConvInteger too, which is several times slower than float32.
"""
import sys

from onnxruntime.quantization import QuantType, quantize_dynamic


def main():
    quantize_dynamic(sys.argv[1], sys.argv[2], op_types_to_quantize=["MatMul", "Gemm"], per_channel=True, weight_type=QuantType.QInt8)


if __name__ == "__main__":
    main()
