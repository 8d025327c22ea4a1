package io.espalier.examples.basemodel;

/** A named tensor; the arrays are not copied. */
record Weight(String name, int[] shape, float[] values) {}
