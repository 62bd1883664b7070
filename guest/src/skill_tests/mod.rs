mod bounds;
mod changing;
mod older;
mod properties;
mod reading;
mod refusing;
