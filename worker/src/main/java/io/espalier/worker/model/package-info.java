/**
 * The base model: HuggingFace config to architecture, safetensors, the TorchScript source of the
 * forward pass and how libtorch is called.
 */
@NullMarked
package io.espalier.worker.model;

import org.jspecify.annotations.NullMarked;
