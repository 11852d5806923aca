// A C extension for Python that counts numbers.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <unordered_map>

static std::unordered_map<long, long> counts;

static PyObject *tally_add(PyObject *, PyObject *number)
{
    long value = PyLong_AsLong(number);
    if (value == -1 && PyErr_Occurred())
        return nullptr;
    counts[value]++; // GROWS HERE
    Py_RETURN_NONE;
}

static PyObject *tally_drop(PyObject *, PyObject *number)
{
    long value = PyLong_AsLong(number);
    if (value == -1 && PyErr_Occurred())
        return nullptr;
    counts.erase(value);
    Py_RETURN_NONE;
}

static PyObject *tally_shrink(PyObject *, PyObject *)
{
    counts.rehash(0);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"add", tally_add, METH_O, "Counts a number."},
    {"drop", tally_drop, METH_O, "Forgets a number."},
    {"shrink", tally_shrink, METH_NOARGS, "Gives back what is no longer needed."},
    {nullptr, nullptr, 0, nullptr},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tally", nullptr, -1, methods,
                                    nullptr, nullptr, nullptr, nullptr};

PyMODINIT_FUNC PyInit_tally()
{
    return PyModule_Create(&module);
}
