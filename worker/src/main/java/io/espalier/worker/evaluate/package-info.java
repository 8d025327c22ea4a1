/**
 * What is measured on evaluation sets: loss, token accuracy, generated answers and their scores.
 */
@NullMarked
package io.espalier.worker.evaluate;

import org.jspecify.annotations.NullMarked;
